// A small video-status server: express, morgan, winston, and `ws` or socket.io.
// Usage: node app.js ids|noids|socketio PORT
'use strict';
const http = require('node:http');
const net = require('node:net');
const { randomUUID } = require('node:crypto');
const express = require('express');
const morgan = require('morgan');
const winston = require('winston');

const [, , variant, port] = process.argv;
const { combine, timestamp, printf, simple } = winston.format;
const stamped = combine(timestamp(), printf((i) => `${i.timestamp} ${i.level}: ${i.message}`));
const logger = winston.createLogger({
  format: variant === 'noids' ? simple() : stamped,
  transports: [new winston.transports.Console()],
});

const app = express();
app.use(morgan({ ids: 'combined', noids: 'dev', socketio: 'short' }[variant]));
app.get('/', (req, res) => res.send('ok'));
app.get('/api/channels/:id', (req, res) => {
  const bearer = /^Bearer (.+)/.exec(req.headers.authorization || '');
  if (!bearer) {
    logger.warn(`${req.method} ${req.originalUrl} - No authHeader or no bearer found`);
    return res.status(401).json({ error: 'unauthorized' });
  }
  if (bearer[1] === 'expired') {
    logger.warn(`${req.method} ${req.originalUrl} - Token expired`);
    return res.status(401).json({ error: 'token expired' });
  }
  return res.json({ id: req.params.id, videos: ['v-101', 'v-102'] });
});
const server = http.createServer(app);

// Every connection is greeted with its id and number, so that the driver knows which is which.
let opened = 0;
let broadcast;
let size;
if (variant === 'socketio') {
  const { Server } = require('socket.io');
  const io = new Server(server);
  io.on('connection', (socket) => {
    opened += 1;
    logger.info(`Client connected: ${socket.id}`);
    socket.emit('hello', { id: socket.id, number: opened });
    socket.on('disconnect', (reason) => logger.info(`Client disconnected: ${socket.id}, reason: ${reason}`));
  });
  broadcast = (status) => io.emit('status', status);
  size = () => io.sockets.sockets.size;
} else {
  const { WebSocketServer, WebSocket } = require('ws');
  const wss = new WebSocketServer({ server, path: '/ws' });
  size = () => wss.clients.size;
  wss.on('connection', (ws) => {
    opened += 1;
    const id = randomUUID();
    if (variant === 'ids') {
      logger.info(`WebSocket connection ${id} established. Total: ${size()}`);
    } else {
      logger.info(`New WebSocket connection established. Total connections: ${size()}`);
    }
    ws.send(JSON.stringify({ hello: { id, number: opened } }));
    ws.on('error', (err) => logger.error(`WebSocket error: ${err.message}`));
    ws.on('close', (code) => {
      if (variant === 'ids') {
        logger.info(`WebSocket connection ${id} closed (code ${code}). Total: ${size()}`);
      } else {
        logger.info(`WebSocket connection closed. Remaining connections: ${size()}`);
      }
    });
  });
  broadcast = (status) => {
    for (const ws of wss.clients) if (ws.readyState === WebSocket.OPEN) ws.send(JSON.stringify(status));
  };
}

// Other things open and close too: a cache on a connection of its own, which it loses now and then.
const cache = net.createServer((socket) => setTimeout(() => socket.destroy(), 9000));
function connectCache() {
  const link = net.connect(cache.address().port, '127.0.0.1');
  link.on('connect', () => logger.info('Cache connection established'));
  link.on('error', () => {});
  link.on('close', () => {
    logger.warn('Cache connection closed, retrying in 1000 ms');
    setTimeout(connectCache, 1000);
  });
}

let percent = 0;
setInterval(() => {
  percent = (percent + 10) % 110;
  const status = percent === 100 ? 'completed' : 'processing';
  logger.info(`Video v-101 ${status} (${percent}%), update sent to ${size()} connections`);
  broadcast({ video: 'v-101', status, percent });
}, 3000);

cache.listen(0, '127.0.0.1', connectCache);
server.listen(Number(port), '::ffff:127.0.0.1', () => logger.info(`Server listening on port ${port}`));
process.on('SIGTERM', () => {
  logger.info('SIGTERM received, shutting down');
  server.close();
  setTimeout(() => process.exit(0), 300);
});

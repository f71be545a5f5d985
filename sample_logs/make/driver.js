// Starts a server, uses it the way browsers do, stops it, and writes down what really happened.
// Usage: node driver.js NAME.log PORT leaky|fixed ws|socketio kill|stop VERDICT -- COMMAND...
//
// One visitor (127.0.0.1) goes back and forth between pages; its channel page mounts before its token is there.
//   leaky: the provider of the socket sits in the page, so each mount opens one more, and no unmount closes it.
//   fixed: one provider above the router: one socket, opened once there is a token, closed whatever its state.
// Four other visitors (127.0.0.2 .. 127.0.0.5) open and close properly, several times each.
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const { spawn } = require('node:child_process');
const { WebSocket } = require('ws');

const [, , log, portText, page, protocol, ending, verdict, , ...command] = process.argv;
const port = Number(portText);
const CHANNEL = '/api/channels/17430419-6d3c-4ad2-82f8-31b12f1e8f74';
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const sleep = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
const connections = [];
const requests = { auth_failures: 0, rejected: 0 };

// Each visitor's own small generator with a fixed seed, so that every run follows the same timetable.
function timetable(seed) {
  let state = seed * 7919;
  return (low, high) => {
    state = (state * 48271) % 2147483647;
    return low + (high - low) * (state / 2147483647);
  };
}

function get(address, path, token) {
  const headers = { 'user-agent': AGENT };
  if (token) headers.authorization = `Bearer ${token}`;
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, headers, localAddress: address, agent: false };
    http.get(options, (res) => {
      if (res.statusCode === 401) requests.auth_failures += 1;
      res.resume().on('end', resolve);
    }).on('error', reject);
  });
}

function open(address, leaked = false) {
  const connection = { address, leaked, closed: false };
  const greeted = ({ id, number }) => { Object.assign(connection, { id, number }); connections.push(connection); };
  if (protocol === 'socketio') {
    const { io } = require('socket.io-client');
    const socket = io(`http://127.0.0.1:${port}`, {
      forceNew: true, reconnection: false, transports: ['websocket'], localAddress: address,
    });
    connection.close = () => new Promise((resolve) => {
      connection.closed = true;
      socket.disconnect();
      setTimeout(resolve, 50);
    });
    return new Promise((resolve, reject) => {
      socket.on('hello', (hello) => { greeted(hello); resolve(connection); });
      socket.on('connect_error', reject);
    });
  }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { localAddress: address, headers: { 'user-agent': AGENT } });
  connection.close = (how) => new Promise((resolve) => {
    socket.on('close', () => { connection.closed = true; setTimeout(resolve, 50); });
    if (how === 'lost') socket.terminate();
    else if (how === 'away') socket.close(1001);
    else if (how === 'done') socket.close(1000, 'done');
    else socket.close();
  });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      const { hello } = JSON.parse(data);
      if (hello) { greeted(hello); resolve(connection); }
    });
  });
}

function refused(address) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/admin`, { localAddress: address });
  return new Promise((resolve) => {
    socket.on('unexpected-response', (req, res) => {
      requests.rejected += 1;
      res.resume().on('end', resolve);
      req.destroy();
    });
    socket.on('error', resolve);
  });
}

async function mountChannelPage(leaky, random) {
  await get('127.0.0.1', CHANNEL);            // before the token is there: 401
  if (leaky) await open('127.0.0.1', true);   // the provider in the page opens its own socket
  await sleep(random(0.2, 0.5));              // the token arrives
  await get('127.0.0.1', CHANNEL, 'fresh');
}

async function visitorWithPage(leaky) {
  const random = timetable(1);
  await get('127.0.0.1', '/');
  let provider;
  if (!leaky) {
    await mountChannelPage(false, random);
    const probe = await open('127.0.0.1');    // React's StrictMode mounts twice: the first one is closed at once
    await probe.close();
    provider = await open('127.0.0.1');
  }
  for (let visit = leaky ? 0 : 1; visit < 7; visit += 1) {
    await mountChannelPage(leaky, random);
    await sleep(random(2.2, 3.8));            // reads the page, leaves it: unmount
    await get('127.0.0.1', '/');
    await sleep(random(0.2, 0.8));
  }
  if (provider) await provider.close();
}

async function healthyVisitor(address, first) {
  const random = timetable(Number(address.slice(-1)));
  await sleep(first);
  let token = 'fresh';
  for (let visit = 0; visit < 5; visit += 1) {
    if (address === '127.0.0.3' && visit === 2) token = 'expired';
    await get(address, '/');
    await get(address, CHANNEL, token);
    if (token === 'expired') {
      token = 'fresh';
      await get(address, CHANNEL, token);
    }
    if (address === '127.0.0.5' && protocol === 'ws' && command.join(' ').includes('uvicorn')) await refused(address);
    const connection = await open(address);
    await sleep(random(1.5, 4));
    await connection.close(['', 'done', 'away', '', 'lost'][visit]);
    await sleep(random(0.5, 2));
  }
}

async function reachable() {
  for (let i = 0; i < 100; i += 1) {
    const up = await new Promise((resolve) => {
      const probe = net.connect(port, '127.0.0.1', () => { probe.destroy(); resolve(true); });
      probe.on('error', () => resolve(false));
    });
    if (up) return;
    await sleep(0.1);
  }
  throw new Error(`nothing listens on ${port}`);
}

async function main() {
  const output = fs.openSync(log, 'w');
  const server = spawn(command[0], command.slice(1), { stdio: ['ignore', output, output] });
  const gone = new Promise((resolve) => { server.on('exit', resolve); });
  try {
    await reachable();
    await sleep(0.5);
    await Promise.all([
      visitorWithPage(page === 'leaky'),
      ...[0, 1, 2, 3].map((i) => healthyVisitor(`127.0.0.${i + 2}`, 0.3 + i * 0.7)),
    ]);
    await sleep(1);
  } finally {
    server.kill(ending === 'kill' ? 'SIGKILL' : 'SIGTERM');
    await gone;
  }
  const leaks = connections.filter((c) => c.leaked);
  if (leaks.some((c) => c.closed)) throw new Error('a leaked connection was closed');
  fs.writeFileSync(log.replace(/\.log$/, '.truth.json'), JSON.stringify({
    leaked: leaks.map((c) => c.id),
    leaked_numbers: leaks.map((c) => c.number ?? connections.indexOf(c) + 1),
    opened: connections.length,
    closed: connections.filter((c) => c.closed).length,
    rejected: requests.rejected,
    auth_failures: requests.auth_failures,
    verdict,
  }));
  process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });

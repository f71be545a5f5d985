// Puts the drivers' notes together as truth.json and checks each log against its note.
// Usage: node collect.js FOLDER (with NAME.log and NAME.truth.json) > truth.json
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const folder = process.argv[2];
// What a session's first and last line look like, where the server writes one; a refusal, a 401.
const SHAPES = {
  seed: { opened: /New WebSocket connection established/, auth: /No authHeader/ },
  'node-leaky': { opened: /connection \S+ established/, closed: /connection \S+ closed \(/, auth: /No authHeader|Token expired/ },
  'node-leaky-noids': { opened: /New WebSocket connection/, closed: /WebSocket connection closed/, auth: /No authHeader|Token expired/ },
  'socketio-leaky': { opened: /Client connected:/, closed: /Client disconnected:/, auth: /No authHeader|Token expired/ },
  'uvicorn-leaky': { opened: /\[accepted\]/, closed: /connection closed/, rejected: /"WebSocket \S+ 403/, auth: /" 401/ },
  'nginx-access': { opened: /" 101 /, closed: /" 101 /, rejected: /" 403 /, auth: /" 401 / },
};
SHAPES['node-fixed'] = SHAPES['node-leaky'];
SHAPES['uvicorn-healthy'] = SHAPES['uvicorn-leaky'];
SHAPES['uvicorn-new'] = SHAPES['uvicorn-leaky'];

const truth = {};
for (const [name, shape] of Object.entries(SHAPES).sort()) {
  const file = path.join(folder, `${name}.log`);
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const numbers = (pattern) => lines.flatMap((line, i) => (pattern && pattern.test(line) ? [i + 1] : []));
  const opens = numbers(shape.opened);
  const entry = name === 'seed'
    ? { leaked: [], leaked_numbers: [1, 2, 3, 4], opened: 4, closed: 0, rejected: 0, auth_failures: 4, verdict: 'leak' }
    : JSON.parse(fs.readFileSync(file.replace(/\.log$/, '.truth.json'), 'utf8'));
  const { leaked_numbers: order, ...rest } = entry;
  const ids = /noids/.test(name) ? [] : rest.leaked; // the log does not have them
  const inLog = {
    opened: opens.length,
    // The websockets library also writes a close line for each handshake that was refused.
    closed: numbers(shape.closed).length - (/uvicorn-(leaky|healthy)/.test(name) ? rest.rejected : 0),
    rejected: numbers(shape.rejected).length,
    auth_failures: numbers(shape.auth).length,
  };
  truth[`${name}.log`] = {
    ...rest, leaked: ids, leaked_count: order.length, leaked_open_lines: order.map((n) => opens[n - 1]), in_log: inLog,
  };
  for (const [i, id] of ids.entries()) {
    const line = lines[opens[order[i] - 1] - 1] || '';
    const [host, port] = id.split(/:(?=\d+$)/);
    if (!line.includes(id) && !line.includes(`('${host}', ${port})`)) throw new Error(`${name}: ${id} is not in line ${opens[order[i] - 1]}`);
  }
  for (const kind of ['opened', 'closed', 'rejected', 'auth_failures']) {
    if (inLog[kind] !== rest[kind]) console.error(`${name}: ${kind} ${rest[kind]}, in the log ${inLog[kind]}`);
  }
}
console.log(JSON.stringify(truth, null, 2));

// A process that sends the same requests over and over and notes what becomes of each: a client of its own, so that its work is not
// that of the drill. Refusals are answers like others.
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '../../bench/load/connection.mjs';

/** Connections that are kept, as proxies have them, each with one request at a time. */
class Connections {
  #idle = [];
  /** When what waits was due, in order; those before `#next` are sent. Taking from the front moves all of a long array. */
  #waiting = [];
  #next = 0;
  #sent = 0;
  #all;

  constructor({ url, requests, connections }, note) {
    this.requests = requests;
    this.note = note;
    this.#all = Array.from({ length: connections }, () => this.#connect(url));
  }

  opened() {
    return Promise.all(this.#all.map((connection) => connection.opened()));
  }

  /** Sends what was due at `dueAt` as soon as a connection is free: each in turn, since a server closes one that is never used. */
  send(dueAt) {
    const connection = this.#idle.shift();
    if (connection) this.#sendOn(connection, dueAt);
    else this.#waiting.push(dueAt);
  }

  get isQuiet() {
    return this.#idle.length === this.#all.length;
  }

  close() {
    for (const connection of this.#all) connection.close();
  }

  #connect(url) {
    const connection = new Connection(
      url,
      (status) => this.#answered(connection, status),
      (reason) => process.send({ failure: reason }),
    );
    this.#idle.push(connection);
    return connection;
  }

  #sendOn(connection, dueAt) {
    connection.dueAt = dueAt;
    connection.send(this.requests[(this.#sent += 1) % this.requests.length]);
  }

  #answered(connection, status) {
    this.note(connection.dueAt, status);
    this.#idle.push(connection);
    if (this.#next < this.#waiting.length) this.send(this.#waiting[this.#next++]);
  }
}

/** With `rate` at the times a clock says, else as fast as answers come. */
async function run({ rate, seconds, ...options }) {
  const answers = { dueAt: [], latency: [], status: [] };
  const end = seconds * 1_000;
  let startedAt = 0;
  const now = () => performance.now() - startedAt;
  const connections = new Connections(options, (dueAt, status) => {
    answers.dueAt.push(dueAt);
    answers.latency.push(now() - dueAt);
    answers.status.push(status);
    if (!rate && now() < end) connections.send(now());
  });
  await connections.opened();
  startedAt = performance.now();
  if (!rate) for (let i = 0; i < options.connections; i += 1) connections.send(0);
  const dueAt = (i) => (i * 1_000) / (rate ?? 0);
  for (let i = 0; now() < end || !connections.isQuiet; await delay(1)) {
    for (const until = Math.min(now(), end); dueAt(i) < until; i += 1) connections.send(dueAt(i));
  }
  connections.close();
  process.send({ answers });
}

process.on('message', (options) => void run(options));
process.on('disconnect', () => process.exit());

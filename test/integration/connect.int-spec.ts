import { once } from 'node:events';
import { type AddressInfo, connect as dial, createServer, type Server, type Socket } from 'node:net';
import type { DataSource } from 'typeorm';
import { addressOf, connect, DatabaseUnreachable } from '../../src/platform/database/connect.js';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';

const SECRET = 'hunter2-cAnArY';
const servers: Server[] = [];
const sources: DataSource[] = [];

afterEach(async () => {
  for (const source of sources.splice(0)) if (source.isInitialized) await source.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A server on a free port that does with each connection what `serve` says; counts from 1. */
async function listen(
  serve: (socket: Socket, count: number) => void,
): Promise<{ port: number; connections: () => number }> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    serve(socket, (count += 1));
  });
  servers.push(Object.assign(server, { close: closing(server, sockets) }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, connections: () => count };
}

/** Closing a server here ends its connections too. */
function closing(server: Server, sockets: ReadonlySet<Socket>): Server['close'] {
  const close = server.close.bind(server);
  return (callback) => {
    for (const socket of sockets) socket.destroy();
    return close(callback);
  };
}

/** Postgres' ErrorResponse with a SQLSTATE. */
function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** Answers each start-up packet with an error and hangs up. */
const refuse = (code: string, message: string) => (socket: Socket) =>
  void socket.once('data', () => socket.end(errorResponse(code, message)));

const urlOf = (port: number) => `postgres://gatehouse:${SECRET}@127.0.0.1:${port}/accounts`;

/** Tries to connect; gives what came of it and how many seconds it took. */
async function attempt(url: string, seconds: number) {
  const started = performance.now();
  const source = createDataSource(url, { entities: [], migrations: [] }, testConfig());
  sources.push(source);
  const outcome: unknown = await connect(source, url, seconds).catch((error: unknown) => error);
  return { outcome, seconds: (performance.now() - started) / 1000 };
}

describe('R30: a database that cannot be reached', () => {
  it('is named by host, port and database within the time allowed, never with user or password', async () => {
    const { port } = await listen(() => undefined);
    const closed = servers.pop();
    await new Promise((resolve) => closed?.close(resolve));

    const { outcome, seconds } = await attempt(urlOf(port), 1);
    expect(outcome).toBeInstanceOf(DatabaseUnreachable);
    expect(String(outcome)).toContain(`127.0.0.1:${port}/accounts did not accept a connection within 1 s`);
    expect(String(outcome)).toContain('ECONNREFUSED');
    expect(String(outcome)).toContain('DATABASE_URL');
    expect(String(outcome)).not.toContain(SECRET);
    expect(seconds).toBeLessThan(1.5);
    expect(seconds).toBeGreaterThan(0.5);
  });

  it('is asked again and again, with growing pauses', async () => {
    const times: number[] = [];
    const { port, connections } = await listen((socket) => {
      times.push(performance.now());
      socket.destroy();
    });
    const { outcome } = await attempt(urlOf(port), 2);
    expect(outcome).toBeInstanceOf(DatabaseUnreachable);
    expect(connections()).toBeGreaterThanOrEqual(3);
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses.every((pause, index) => index === 0 || pause > (pauses[index - 1] ?? 0))).toBe(true);
  });

  it('R3: that answers nothing at all is given up as well', async () => {
    const { port, connections } = await listen(() => undefined);
    const { outcome, seconds } = await attempt(urlOf(port), 1);
    expect(outcome).toBeInstanceOf(DatabaseUnreachable);
    expect(String(outcome)).toContain('timeout');
    expect(connections()).toBe(1);
    // One attempt may last 2 seconds; it is not cut short.
    expect(seconds).toBeLessThan(3);
  });

  it.each([
    ['28P01', 'password authentication failed for user "gatehouse"'],
    ['28000', 'role "gatehouse" does not exist'],
    ['3D000', 'database "accounts" does not exist'],
  ])('fails at once when waiting would not help: %s', async (code, message) => {
    const { port, connections } = await listen(refuse(code, message));
    const { outcome, seconds } = await attempt(urlOf(port), 30);
    expect(outcome).toBeInstanceOf(DatabaseUnreachable);
    expect(String(outcome)).toContain(message);
    expect(String(outcome)).not.toContain(SECRET);
    expect(connections()).toBe(1);
    expect(seconds).toBeLessThan(2);
  });

  it('fails at once on the real server when the database does not exist', async () => {
    const url = new URL(await cloneDatabase('connect'));
    url.pathname = '/there_is_no_such_database';
    const { outcome, seconds } = await attempt(url.href, 30);
    expect(outcome).toBeInstanceOf(DatabaseUnreachable);
    expect(String(outcome)).toContain('there_is_no_such_database');
    expect(seconds).toBeLessThan(2);
  });

  it.each([
    ['postgres://user:pw@db.internal:6432/accounts?sslmode=require', 'db.internal:6432/accounts'],
    ['postgres://db.internal/accounts', 'db.internal:5432/accounts'],
    ['postgresql://u:p%40ss@[::1]:5433/x', '[::1]:5433/x'],
  ])('is written without user, password and parameters: %s', (url, address) => {
    expect(addressOf(url)).toBe(address);
  });
});

describe('a database that comes later', () => {
  it('is found: not there, then starting, then ready', async () => {
    const {
      hostname,
      port: realPort,
      pathname,
      username,
      password,
    } = new URL(await cloneDatabase('connect'));
    const { port, connections } = await listen((socket, count) => {
      if (count === 1) return void socket.destroy();
      if (count === 2) return refuse('57P03', 'the database system is starting up')(socket);
      const server = dial(Number(realPort), hostname);
      server.on('error', () => socket.destroy());
      socket.on('close', () => server.destroy());
      return void socket.pipe(server).pipe(socket);
    });
    const url = new URL(`postgres://127.0.0.1:${port}${pathname}`);
    Object.assign(url, { username, password });
    const { outcome } = await attempt(url.href, 20);
    expect(connections()).toBe(3);
    const source = outcome as DataSource;
    expect(source.isInitialized).toBe(true);
    expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

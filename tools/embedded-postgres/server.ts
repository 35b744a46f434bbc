import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import {
  cannotRun,
  childOptions,
  dataOf,
  endWithUs,
  EmbeddedPostgresError,
  lastLines,
  program,
  run,
  type Site,
  stopArguments,
} from './binaries.ts';

// The server process of a folder: started, found again after its owner was killed, reached, stopped.

/** The role, which owns everything, and the database. */
export const NAME = 'gatehouse';
export const START_TIMEOUT_MS = 30_000;

/** Starts the server, on another port when somebody took ours meanwhile. Returns its address. */
export async function launch(site: Site, ephemeral: boolean): Promise<string> {
  const log = join(site.home, 'server.log');
  await rename(log, `${log}.1`).catch((error: unknown) => ignore(error, 'ENOENT'));
  let starting: { release: () => void } | undefined;
  for (const deadline = Date.now() + START_TIMEOUT_MS; ; await sleep(100)) {
    const failure = await launchOn(await freePort(), site, ephemeral, deadline, (child) => {
      starting = endWithUs(child, 'SIGQUIT');
    });
    if (failure === undefined) break;
    const said = lastLines(await readFile(log, 'utf8'));
    // The second: processes of a server that was killed are still ending.
    const passing = /could not create any TCP\/IP sockets|shared memory block .* is still in use/.test(said);
    if (!passing || Date.now() > deadline) {
      throw new EmbeddedPostgresError(`PostgreSQL ${failure}. The end of ${log}:\n${said}\n`);
    }
  }
  try {
    const url = await visit(site, true);
    // From here on its owner stops it, and one that is killed leaves it to the next.
    starting?.release();
    return url;
  } catch (error) {
    await stopServer(site);
    throw error;
  }
}

/** Starts the server and waits until it is ready; answers what went wrong otherwise. */
async function launchOn(
  port: number,
  site: Site,
  ephemeral: boolean,
  deadline: number,
  began: (child: ChildProcess) => void,
): Promise<string | undefined> {
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=', // their paths are limited to about 100 characters
    'max_connections=200',
    'timezone=UTC',
    'log_timezone=UTC',
    `cluster_name=${NAME}`,
    ...(ephemeral ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : []),
  ];
  const log = await open(join(site.home, 'server.log'), 'w', 0o600);
  // Its own session, so that Ctrl-C reaches the app alone; a file for its log, which unlike a pipe outlives us.
  const args = ['-D', dataOf(site), ...settings.flatMap((setting) => ['-c', setting])];
  const child = spawn(program(site.bin, 'postgres'), args, {
    ...childOptions(site.account),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  const ended = new Promise<string>((end) => {
    child.once('error', (error) => end(cannotRun(error)));
    child.once('exit', (code, signal) => end(`exited while starting (${signal ?? `code ${code}`})`));
  });
  child.unref();
  began(child);
  await log.close();
  while (Date.now() < deadline) {
    const failure = await Promise.race([ended, sleep(10, undefined)]);
    if (failure !== undefined) return failure;
    const server = await readServerFile(site);
    if (server?.pid === child.pid && server?.ready) return undefined;
  }
  child.kill('SIGQUIT');
  return `was not ready within ${START_TIMEOUT_MS / 1000} seconds`;
}

interface ServerFile {
  pid: number;
  /** Unix time in seconds. */
  startedAt: number;
  port: number;
  ready: boolean;
}

/** Reads PostgreSQL's own postmaster.pid, whose lines are described in its src/include/utils/pidfile.h. */
async function readServerFile(site: Site): Promise<ServerFile | undefined> {
  const text = await readFile(join(dataOf(site), 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid, , startedAt, port, , , , status] = text.split('\n').map((line) => line.trim());
  if (!Number(pid)) return undefined;
  return { pid: Number(pid), startedAt: Number(startedAt), port: Number(port), ready: status === 'ready' };
}

/** The address of a server that a killed process left running, when there is one. Clears a file that lies. */
export async function findSurvivor(site: Site): Promise<string | undefined> {
  for (const deadline = Date.now() + START_TIMEOUT_MS; ; await sleep(50)) {
    const server = await readServerFile(site);
    const url = await connect(site, true);
    if (!server || url !== undefined) return url;
    const state = await stateOf(server);
    // PostgreSQL clears the file of a dead server itself, after checking that no child of it still writes.
    if (state === 'dead') return undefined;
    const file = join(dataOf(site), 'postmaster.pid');
    if (state === 'other') {
      await rm(file, { force: true });
      return undefined;
    }
    if (Date.now() > deadline) {
      const problem = `Process ${server.pid} seems to run the database in ${site.home}, but does not answer.`;
      throw new EmbeddedPostgresError(`${problem} End it or, if it is not PostgreSQL, delete ${file}.`);
    }
  }
}

/**
 * What became of the process that wrote the file. Process numbers are used again, so on Linux its start is compared
 * too, reckoned from our own: field 22 of /proc/<pid>/stat counts hundredths of a second.
 */
async function stateOf({ pid, startedAt }: ServerFile): Promise<'dead' | 'alive' | 'other'> {
  try {
    process.kill(pid, 0);
  } catch {
    return 'dead'; // or of a user whom our server never runs as
  }
  const [theirs, ours] = await Promise.all([readProcess(pid), readProcess(process.pid)]);
  if (!theirs || !ours) return 'alive';
  const started = Date.now() / 1000 - process.uptime() + (theirs.startTicks - ours.startTicks) / 100;
  return theirs.zombie || Math.abs(started - startedAt) > 5 ? 'other' : 'alive';
}

async function readProcess(pid: number): Promise<{ zombie: boolean; startTicks: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields && { zombie: fields[0] === 'Z', startTicks: Number(fields[19]) };
}

/** The server's address; undefined while nobody answers for this folder. */
export async function connect(site: Site, create: boolean): Promise<string | undefined> {
  return visit(site, create).catch(() => undefined);
}

/** Connects, makes sure that it is this folder's server and has our database, and returns its address. */
async function visit(site: Site, create: boolean): Promise<string> {
  const server = await readServerFile(site);
  if (!server?.ready) throw new Error('the server is not ready');
  const password = await readFile(join(site.home, 'cluster', 'password'), 'utf8');
  // `postgres` exists from the beginning; ours is missing after a crash between initdb and here.
  const address = { host: '127.0.0.1', port: server.port, user: NAME, password, database: 'postgres' };
  const client = new Client({ ...address, ssl: false, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // the server may stop at any time; the query fails then
  try {
    await client.connect();
    const shown = await client.query<{ data_directory: string }>('SHOW data_directory');
    const served = await realpath(shown.rows[0]?.data_directory ?? '');
    if (served !== (await realpath(dataOf(site)))) throw new Error(`the server is that of ${served}`);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [NAME]);
    if (rowCount === 0 && !create) throw new Error('the database is still being made');
    if (rowCount === 0) await client.query(`CREATE DATABASE ${NAME}`);
    return `postgres://${NAME}:${password}@${address.host}:${server.port}/${NAME}`;
  } finally {
    await client.end();
  }
}

/** Ends a server and waits until its process is gone. */
export async function stopServer(site: Site): Promise<void> {
  const server = await readServerFile(site);
  if (!server) return;
  for (const mode of ['fast', 'immediate'] as const) {
    await run(program(site.bin, 'pg_ctl'), stopArguments(site, mode), site.account);
    for (const deadline = Date.now() + 5_000; Date.now() < deadline; await sleep(5)) {
      if ((await stateOf(server)) !== 'alive') return;
    }
  }
  throw new EmbeddedPostgresError(`PostgreSQL, process ${server.pid}, does not stop. End it by hand.`);
}

/** Asks the system for a port; another process may still take it before the server does. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening, failed) => {
    probe.once('error', failed).listen(0, '127.0.0.1', listening);
  });
  const address = probe.address();
  await new Promise((closed) => {
    probe.close(closed);
  });
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

/** Throws all errors but the one with that code. Told by shape: under Jest, Node's errors are of another realm. */
export function ignore(error: unknown, code: string | number): void {
  const codes: unknown[] =
    error && typeof error === 'object' ? ['code', 'errcode'].map((key) => Reflect.get(error, key)) : [];
  if (!codes.includes(code)) throw error;
}

import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import {
  cannotRun,
  childOptions,
  dataOf,
  EmbeddedPostgresError,
  exists,
  lastLines,
  makeCluster,
  makeFolder,
  prepareSite,
  program,
  run,
  type Site,
  stopArguments,
  THROW_AWAY,
} from './embedded-postgres-binaries.js';

export { EmbeddedPostgresError };

export interface EmbeddedPostgresOptions {
  /** Folder for the database, e.g. `.data/postgres`, made when missing. It is used for nothing else. */
  dataDir: string;
  /** A throw-away database for tests: quicker because not safe against power loss, deleted on stop. */
  ephemeral?: boolean;
}

const MAJOR_VERSION = '18';
/** The role, which owns everything, and the database. */
const NAME = 'gatehouse';
const START_TIMEOUT_MS = 30_000;
const SQLITE_BUSY = 5;
const OUR_FILES = /^(?:cluster(?:\.new-.+)?|lock|server\.log(?:\.1)?)$/;

/**
 * A real PostgreSQL, started by us, for development and tests. The server outlives a killed Node process; the next
 * start takes it over. A second process that starts the same folder shares the first one's server.
 *
 * Files in the folder: `lock`, held by the process that owns the server; `server.log`; and `cluster`, which appears
 * complete or not at all, with PostgreSQL's `data` and the `password`.
 */
export class EmbeddedPostgres {
  /** Where clients connect: `postgres://gatehouse:<password>@127.0.0.1:<port>/gatehouse`. Not for logs. */
  readonly url: string;
  /** Where the data really lives: not the folder asked for when root's database cannot be run there. */
  readonly dataDir: string;
  /** False when another live process runs the server and we only use it, until that process stops it. */
  readonly owner: boolean;
  /** Keeps owners, and with them their locks, from the garbage collector until they are stopped. */
  private static readonly owners = new Set<EmbeddedPostgres>();
  private readonly site: Site;
  private readonly ephemeral: boolean;
  private readonly lock: DatabaseSync | undefined;
  private stopping: Promise<void> | undefined;

  private constructor(site: Site, url: string, ephemeral: boolean, lock?: DatabaseSync) {
    this.site = site;
    this.url = url;
    this.dataDir = site.home;
    this.ephemeral = ephemeral;
    this.owner = lock !== undefined;
    this.lock = lock;
  }

  /** Starts, takes over or shares the server of a folder. Throws EmbeddedPostgresError. */
  static async start({ dataDir, ephemeral = false }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    try {
      const site = await prepareSite(dataDir);
      await assertUsable(site, ephemeral);
      for (const deadline = Date.now() + 2 * START_TIMEOUT_MS; Date.now() < deadline; await sleep(50)) {
        const lock = await takeLock(site);
        if (lock) return await EmbeddedPostgres.own(site, ephemeral, lock);
        const url = await connect(site, false);
        if (url !== undefined) return new EmbeddedPostgres(site, url, ephemeral);
      }
      const problem = `Another process holds the database in ${site.home}, which cannot be reached from here.`;
      throw new EmbeddedPostgresError(`${problem} Stop that process, or use a different folder.`);
    } catch (error) {
      if (error instanceof EmbeddedPostgresError) throw error;
      const problem = `The embedded database in ${dataDir} did not start: ${String(error)}.`;
      throw new EmbeddedPostgresError(`${problem} Check the folder's owner and free space.`, {
        cause: error,
      });
    }
  }

  private static async own(site: Site, ephemeral: boolean, lock: DatabaseSync): Promise<EmbeddedPostgres> {
    try {
      if (!(await exists(join(site.home, 'cluster')))) await initialise(site, ephemeral);
      const url = (await findSurvivor(site)) ?? (await launch(site, ephemeral));
      const owner = new EmbeddedPostgres(site, url, ephemeral, lock);
      EmbeddedPostgres.owners.add(owner);
      return owner;
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** Ends all connections, then the server; deletes a throw-away database. Does nothing when not owner. */
  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  /** As stop(), but synchronous, for `process.on('exit')`. */
  stopSync(): void {
    if (!this.lock?.isOpen) return;
    const options = { ...childOptions(this.site.account), stdio: 'ignore' } as const;
    spawnSync(program(this.site.bin, 'pg_ctl'), stopArguments(this.site, 'fast'), options);
    this.release();
  }

  private async shutDown(): Promise<void> {
    if (!this.lock?.isOpen) return;
    await stopServer(this.site);
    this.release();
  }

  private release(): void {
    // Windows deletes no open file; elsewhere the lock is held until another start finds nothing of the old data.
    if (process.platform === 'win32') this.lock?.close();
    if (this.ephemeral) rmSync(this.site.home, { recursive: true, force: true, maxRetries: 5 });
    if (this.lock?.isOpen) this.lock.close();
    EmbeddedPostgres.owners.delete(this);
  }
}

/** Refuses what is not ours, before anything is written. */
async function assertUsable({ home, account }: Site, ephemeral: boolean): Promise<void> {
  if (!(await exists(home))) return;
  const cluster = join(home, 'cluster');
  const us = account?.uid ?? process.getuid?.();
  const foreign = (await readdir(home)).filter((entry) => !OUR_FILES.test(entry));
  if (foreign.length > 0) {
    const problem = `${home} holds files that are not of an embedded database (${foreign.slice(0, 3).join(', ')}).`;
    throw new EmbeddedPostgresError(`${problem} Nothing was changed. Use an empty folder.`);
  }
  if (!(await exists(cluster))) return;
  const { uid } = await stat(cluster);
  if (us !== undefined && uid !== us) {
    const problem = `The database in ${home} belongs to user ${uid}, but PostgreSQL would run as user ${us}.`;
    throw new EmbeddedPostgresError(`${problem} Start as the user it belongs to, or use a different folder.`);
  }
  const version = (await readFile(join(cluster, 'data', 'PG_VERSION'), 'utf8')).trim();
  if (version !== MAJOR_VERSION) {
    const problem = `The data in ${home} was made by PostgreSQL ${version}; the embedded one is ${MAJOR_VERSION}.`;
    throw new EmbeddedPostgresError(`${problem} It was not touched. Move it away, or back to that version.`);
  }
  if ((await exists(join(cluster, THROW_AWAY))) !== ephemeral) {
    const problem = `The database in ${home} was ${ephemeral ? 'not ' : ''}made to be thrown away.`;
    throw new EmbeddedPostgresError(`${problem} Use a different folder.`);
  }
}

/**
 * Takes the folder's lock, or answers undefined while another process has it. SQLite is used for nothing but its
 * portable file lock: the kernel releases it when a process dies, whatever the reason, so it is never stale, and
 * it also holds between containers, which cannot see each other's process numbers.
 */
async function takeLock({ home }: Site): Promise<DatabaseSync | undefined> {
  await makeFolder(home);
  const path = join(home, 'lock');
  // Only made, never opened by other means: closing any handle of the file would release a POSIX lock on it.
  await writeFile(path, '', { flag: 'wx', mode: 0o600 }).catch((error: unknown) => ignore(error, 'EEXIST'));
  const before = await stat(path).catch(() => undefined);
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE'); // no second file
    // A throw-away database that just stopped may have taken the file with it.
    const after = await stat(path).catch(() => undefined);
    if (after && after.ino === before?.ino) return lock;
  } catch (error) {
    ignore(error, SQLITE_BUSY);
  }
  lock.close();
  return undefined;
}

/** Makes the cluster under another name first, so that a crash leaves nothing half-made in its place. */
async function initialise(site: Site, ephemeral: boolean): Promise<void> {
  const drafts = (await readdir(site.home)).filter((entry) => entry.startsWith('cluster.new-'));
  await Promise.all(drafts.map((entry) => rm(join(site.home, entry), { recursive: true, force: true })));
  // A fresh name each time: the initdb of a process that was killed may still be writing.
  const draft = join(site.home, `cluster.new-${randomUUID()}`);
  await makeCluster(site, draft, NAME, !ephemeral);
  await rename(draft, join(site.home, 'cluster'));
}

/** Starts the server, on another port when somebody took ours meanwhile. Returns its address. */
async function launch(site: Site, ephemeral: boolean): Promise<string> {
  const log = join(site.home, 'server.log');
  await rename(log, `${log}.1`).catch((error: unknown) => ignore(error, 'ENOENT'));
  for (const deadline = Date.now() + START_TIMEOUT_MS; ; await sleep(100)) {
    const failure = await launchOn(await freePort(), site, ephemeral, deadline);
    if (failure === undefined) break;
    const said = lastLines(await readFile(log, 'utf8'));
    // The second: processes of a server that was killed are still ending.
    const passing = /could not create any TCP\/IP sockets|shared memory block .* is still in use/.test(said);
    if (!passing || Date.now() > deadline) {
      throw new EmbeddedPostgresError(`PostgreSQL ${failure}. The end of ${log}:\n${said}\n`);
    }
  }
  try {
    return await visit(site, true);
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
async function findSurvivor(site: Site): Promise<string | undefined> {
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
async function connect(site: Site, create: boolean): Promise<string | undefined> {
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
async function stopServer(site: Site): Promise<void> {
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
function ignore(error: unknown, code: string | number): void {
  const codes: unknown[] =
    error && typeof error === 'object' ? ['code', 'errcode'].map((key) => Reflect.get(error, key)) : [];
  if (!codes.includes(code)) throw error;
}

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  childOptions,
  EmbeddedPostgresError,
  exists,
  makeCluster,
  makeFolder,
  prepareSite,
  program,
  type Site,
  stopArguments,
  THROW_AWAY,
} from './binaries.ts';
import { connect, findSurvivor, ignore, launch, NAME, START_TIMEOUT_MS, stopServer } from './server.ts';

export { EmbeddedPostgresError };

export interface EmbeddedPostgresOptions {
  /** Folder for the database, e.g. `.data/postgres`, made when missing. It is used for nothing else. */
  dataDir: string;
  /** A throw-away database for tests: quicker because not safe against power loss, deleted on stop. */
  ephemeral?: boolean;
}

const MAJOR_VERSION = '18';
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
  /** Keeps owners, and with them their locks, from the garbage collector until they are stopped. */
  private static readonly owners = new Set<EmbeddedPostgres>();
  private readonly site: Site;
  private readonly ephemeral: boolean;
  private lock: DatabaseSync | undefined;
  private stopping: Promise<void> | undefined;

  private constructor(site: Site, url: string, ephemeral: boolean, lock?: DatabaseSync) {
    this.site = site;
    this.url = url;
    this.dataDir = site.home;
    this.ephemeral = ephemeral;
    this.lock = lock;
  }

  /** False when another live process runs the server and we only use it, until that process stops it. */
  get owner(): boolean {
    return this.lock !== undefined;
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

  /**
   * Ends all connections, then the server; deletes a throw-away database. Does nothing while another process owns it; after
   * an owner that was killed, whoever shared the server stops it.
   */
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
    this.lock ??= await takeLock(this.site);
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

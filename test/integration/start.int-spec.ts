import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { allInOne } from '../../src/apps/all-in-one.js';
import { version } from '../../src/common/version.js';
import { TEST_ENVIRONMENT } from '../support/environment.js';
import { cloneDatabase, emptyDatabase } from '../support/database.js';
import { INHERITED } from '../support/inherited.js';

/** The service as a process of its own: what an operator sees when it starts, does not start, and stops. */
class Service {
  output = '';
  readonly child: ChildProcess;
  private readonly exited: Promise<number | null>;

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, [resolve('dist/src/main.js')], {
      cwd: folder,
      env: { ...INHERITED, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.exited = once(this.child, 'exit').then(([code]) => code as number | null);
    running.push(this);
  }

  /** Resolves with the address once the banner is out; rejects when the process ends before. */
  async url(): Promise<string> {
    return (await this.until(/API +(http:\S+)\/api\/v1/))[1] ?? '';
  }

  private async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found;
      const more = this.child.stdout ? once(this.child.stdout, 'data') : Promise.resolve();
      const ended = this.exited.then((code) => {
        throw new Error(`ended with ${code}: ${this.output}`);
      });
      await Promise.race([more, ended]);
    }
  }

  /** What the log says when it has started, in production. */
  async started(): Promise<{ api: string; wayIn: string }> {
    await this.until(/"event":"started"/);
    const line = this.output.split('\n').find((text) => text.includes('"event":"started"')) ?? '';
    return JSON.parse(line) as { api: string; wayIn: string };
  }

  exit(): Promise<number | null> {
    return this.exited;
  }
}

/** Runs a command to its end. */
function command(env: Record<string, string>, path: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve(path), ...args], {
    cwd: folder,
    env: { ...INHERITED, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** A start of the built service takes its time on a busy machine. */
jest.setTimeout(120_000);

const running: Service[] = [];
let folder: string;
const { PORT: _, ...SECRETS } = TEST_ENVIRONMENT;
const base = { ...SECRETS, PORT: '0', LOG_LEVEL: 'error' };
const production = {
  ...base,
  NODE_ENV: 'production',
  BCRYPT_COST: '12',
  DOCS_ENABLED: '',
  PUBLIC_BASE_URL: 'https://id.example.com',
  HOST: '127.0.0.1',
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-start-'));
  // Else, as root, the embedded database would be kept elsewhere.
  await chmod(folder, 0o755);
});
afterEach(async () => {
  for (const service of running.splice(0)) {
    service.child.kill('SIGKILL');
    await service.exit();
  }
  await rm(folder, { recursive: true, force: true });
});

describe('a first start', () => {
  it('migrates, seeds, and prints the generated password once', async () => {
    const env = { ...base, NODE_ENV: 'development', BCRYPT_COST: '12', DATABASE_URL: await emptyDatabase() };
    const first = new Service(env);
    const url = await first.url();
    const password = /Password +(\S+) +\(shown this once\)/.exec(first.output)?.[1];
    const login = await fetch(`${url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin@example.com', password }),
    });
    expect(login.status).toBe(200);
    first.child.kill('SIGTERM');
    expect(await first.exit()).toBe(0);

    const second = new Service(env);
    await second.url();
    expect(second.output).not.toMatch(/Password|Administrator/);
  });

  it('S10, F13: logs lines of JSON and no secret in production; a link for the administrator is made by command', async () => {
    const env = {
      ...production,
      DATABASE_URL: await emptyDatabase(),
      ADMIN_EMAIL: 'root@example.com',
      LOG_LEVEL: 'info',
      SHUTDOWN_DELAY: '0',
    };
    const service = new Service(env);
    const started = await service.started();
    const url = /^http:\/\/[^/]+/.exec(started.api)?.[0];
    const post = (path: string, body: unknown) =>
      fetch(`${url}/api/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const newPassword = 'chosen by the operator';
    expect((await post('auth/login', { username: 'root@example.com', password: '!' })).status).toBe(401);

    const [, program = '', ...args] = /node (\S+) (.+)$/.exec(started.wayIn)?.[0].split(' ') ?? [];
    const token = /^ {2}(pr_\S{43})$/m.exec(command(env, program, args).stdout)?.[1];
    expect((await post('auth/password/reset', { token, newPassword })).status).toBe(204);
    expect((await post('auth/login', { username: 'root@example.com', password: newPassword })).status).toBe(
      200,
    );
    expect((await fetch(`${url}/docs`)).status).toBe(404);
    expect((await fetch(`${url}/dev/mailbox`)).status).toBe(404);

    service.child.kill('SIGTERM');
    expect(await service.exit()).toBe(0);
    const lines = service.output.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ event: 'started', public: 'https://id.example.com', version }),
    );
    // All there are, since the database was empty.
    const migrated = lines.map((line) => JSON.parse(line) as { migrations?: string[] });
    expect(migrated.flatMap(({ migrations = [] }) => migrations)).toHaveLength(
      allInOne.schema.migrations.length,
    );
    expect(lines.at(-2)).toContain('"event":"stopping","signal":"SIGTERM"');
    expect(lines.at(-1)).toContain('"event":"stopped"');
    expect(service.output).not.toContain('pr_');
  });

  it('F13: says in JSON as well why production did not start', async () => {
    const service = new Service({ ...production, DATABASE_CONNECT_TIMEOUT: '1' });
    expect(await service.exit()).toBe(1);
    expect(JSON.parse(service.output)).toMatchObject({
      level: 60,
      event: 'failed',
      msg: expect.stringContaining('127.0.0.1:1/none did not accept a connection'),
    });
  });
});

describe('F13: the command line', () => {
  const program = 'dist/src/cli.js';

  it('shows its usage and exits with 2 when it is not told what to do, without a database', () => {
    const { status, stdout, stderr } = command(production, program, ['user', 'create', '--role', 'User']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^user create needs --first-name and --role\.\n[^]*npm run cli -- user create/);
  });

  it('says what is wrong in a line and exits with 1 when it fails', async () => {
    const env = { ...production, DATABASE_URL: await cloneDatabase() };
    const failed = command(env, program, ['user', 'unlock', 'nobody@example.com']);
    expect(failed).toEqual({
      status: 1,
      stdout: '',
      stderr: 'There is no user nobody@example.com. See: npm run cli -- user list\n',
    });
    const away = command({ ...production, DATABASE_CONNECT_TIMEOUT: '1' }, program, [
      'user',
      'list',
      '--json',
    ]);
    expect(away).toMatchObject({ status: 1, stdout: '' });
    expect(JSON.parse(away.stderr)).toMatchObject({ error: { code: 'failed' } });
  });

  it('brings an empty database up to date, tells each step and audits who did', async () => {
    const env = { ...production, DATABASE_URL: await emptyDatabase('bare') };
    const empty = command(env, program, ['user', 'list']);
    expect(empty.status).toBe(1);
    expect(empty.stderr).toContain('The database is empty. Run: npm run cli -- migrate');
    const migrated = command(env, program, ['migrate', '--json']);
    expect(migrated.status).toBe(0);
    const { migrations } = JSON.parse(migrated.stdout) as { migrations: string[] };
    expect(migrations).toHaveLength(allInOne.schema.migrations.length);
    for (const name of migrations) expect(migrated.stderr).toContain(name);
    const again = command(env, program, ['migrate']);
    expect(again).toMatchObject({ status: 0, stderr: '' });
    const client = new Client({ connectionString: env.DATABASE_URL });
    await client.connect();
    const { rows } = await client.query<{ details: { operator: string } }>(
      `SELECT details FROM audit_log WHERE action = 'database.migrated'`,
    );
    await client.end();
    expect(rows).toEqual([{ details: { migrations, by: 'system:cli', operator: userInfo().username } }]);
  });

  it('S97, S106: is production unless it is told otherwise, and names every setting that cannot be used', () => {
    const { status, stdout } = command({ ...base, NODE_ENV: '' }, program, ['doctor', '--json']);
    expect(status).toBe(1);
    const { checks } = JSON.parse(stdout) as { checks: { says: string }[] };
    expect(checks.map(({ says }) => says.split(' ', 1)[0])).toEqual(
      expect.arrayContaining(['PUBLIC_BASE_URL', 'DATABASE_URL']),
    );
  });
});

describe('a start with a faulty configuration', () => {
  it('S97: refuses production without settings, names every variable at once and prints no value', async () => {
    const service = new Service({
      NODE_ENV: 'production',
      APP_SECRET: 'too-short-to-be-secret',
      PASSWORD_PEPPER: 'change-me-change-me-change-me-change-me',
      PORT: 'eighty',
    });
    expect(await service.exit()).toBe(1);
    for (const name of [
      'PORT',
      'DATABASE_URL',
      'PUBLIC_BASE_URL',
      'APP_SECRET',
      'KEY_ENCRYPTION_SECRET',
      'PASSWORD_PEPPER',
    ]) {
      expect(service.output).toContain(`  ${name} `);
    }
    for (const value of ['too-short', 'change-me', 'eighty']) expect(service.output).not.toContain(value);
  });

  it('A10, S106: is production unless it is told otherwise', async () => {
    const left = new Service({ ...base, NODE_ENV: '', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    expect(await left.exit()).toBe(1);
    expect(left.output).toContain('PUBLIC_BASE_URL must be an https URL in production');
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect([scripts['start:prod'], scripts.start]).toEqual([
      'node --enable-source-maps dist/src/main.js',
      'node --enable-source-maps scripts/start.mjs',
    ]);
    expect(await readFile('Dockerfile', 'utf8')).toMatch(/^ENV NODE_ENV=production\b/m);
  });

  it('F12: reads a .env that an editor saved in UTF-16, its first line too', async () => {
    const lines = ['NODE_ENV=production', 'PORT=eighty', 'DATABASE_URL=postgres://nobody@127.0.0.1:1/none'];
    await writeFile(join(folder, '.env'), Buffer.from(`\uFEFF${lines.join('\r\n')}\r\n`, 'utf16le'));
    const service = new Service({});
    expect(await service.exit()).toBe(1);
    expect(service.output).toContain('PORT must be a whole number');
    expect(service.output).toContain('APP_SECRET must be set in production');
    expect(service.output).not.toContain('DATABASE_URL');
  });

  it.each(['192.0.2.1', 'no-such-host.invalid'])(
    'F12: says that HOST is none of this machine: %s',
    async (HOST) => {
      const service = new Service({ ...base, HOST, DATABASE_URL: await cloneDatabase() });
      expect(await service.exit()).toBe(1);
      expect(service.output).toContain(`HOST is ${HOST}, which is no address of this machine`);
    },
  );

  it('says which port is in use', async () => {
    const occupant: Server = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const { port } = occupant.address() as { port: number };
    const service = new Service({ ...base, PORT: String(port), DATABASE_URL: await cloneDatabase() });
    expect(await service.exit()).toBe(1);
    expect(service.output).toContain(`Port ${port} is in use`);
    occupant.close();
  });

  it('tries an unreachable database again and then says where it looked, without the password', async () => {
    const service = new Service({
      ...base,
      DATABASE_URL: 'postgres://someone:hunter2-hunter2@127.0.0.1:1/accounts',
      DATABASE_CONNECT_TIMEOUT: '1',
    });
    expect(await service.exit()).toBe(1);
    expect(service.output).toContain('127.0.0.1:1/accounts did not accept a connection within 1 s');
    expect(service.output).toContain('DATABASE_URL');
    expect(service.output).not.toContain('hunter2');
  });

  it('says that a database must be set where the build stands alone, as in an image', async () => {
    await cp('dist', join(folder, 'dist'), { recursive: true });
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    const alone = command(base, join(folder, 'dist/src/main.js'), []);
    expect({ status: alone.status, stdout: alone.stdout }).toEqual({ status: 1, stdout: '' });
    expect(alone.stderr).toMatch(
      /^DATABASE_URL is not set, and the embedded database .+ is not here\. Set DATABASE_URL to .+\.\n$/,
    );
  });
});

describe('F14: a stack trace', () => {
  it('names the sources, in every script that runs the product and in the image', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const runs = Object.values(scripts).flatMap((script) =>
      script.split(' && ').filter((step) => /dist\/|scripts\/start/.test(step)),
    );
    expect(runs.length).toBeGreaterThan(12);
    expect(runs.filter((step) => !step.startsWith('node --enable-source-maps '))).toEqual([]);
    expect(await readFile('Dockerfile', 'utf8')).toMatch(/^ENV NODE_OPTIONS=--enable-source-maps$/m);

    const module = resolve('dist/src/apps/open-database.js');
    const fails = `(await import(${JSON.stringify(module)})).openDatabase({})`;
    const flags = ['--enable-source-maps', '--input-type=module', '-e', fails];
    const { stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
    expect(stderr).toMatch(/at .*src\/apps\/open-database\.ts:\d+/);
  });
});

describe('a stop', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'on %s ends app and embedded database with code 0',
    async (signal) => {
      const service = new Service({ ...base, DATA_DIR: join(folder, 'data') });
      const url = await service.url();
      expect((await fetch(`${url}/api/v1/health/ready`)).status).toBe(200);
      const data = /data in (\S+)/.exec(service.output)?.[1] ?? '';
      const pid = Number((await readFile(join(data, 'cluster/data/postmaster.pid'), 'utf8')).split('\n')[0]);
      service.child.kill(signal);
      expect(await service.exit()).toBe(0);
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    },
  );

  it('kill -9 leaves a database the next start takes over, with its data', async () => {
    const env = { ...base, DATA_DIR: join(folder, 'data'), NODE_ENV: 'development', BCRYPT_COST: '12' };
    const first = new Service(env);
    await first.url();
    expect(first.output).toContain('Administrator');
    first.child.kill('SIGKILL');
    await first.exit();
    const second = new Service(env);
    const url = await second.url();
    expect(second.output).not.toContain('Administrator');
    expect((await fetch(`${url}/api/v1/health/ready`)).status).toBe(200);
    second.child.kill('SIGTERM');
    expect(await second.exit()).toBe(0);
  });
});

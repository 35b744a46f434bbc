import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { allInOne } from '../../src/apps/all-in-one.js';
import { prepareDatabase } from '../../src/apps/prepare-database.js';
import { createMigrationDataSource } from '../../src/platform/database/data-source.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase, emptyDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServiceProcess } from '../support/service-process.js';

/** A start of the built service takes its time on a busy machine. */
const PATIENCE = 60_000;
jest.setTimeout(2 * PATIENCE);

const running: ServiceProcess[] = [];
afterEach(async () => {
  for (const service of running.splice(0)) await service.kill();
});

function launch(env: Readonly<Record<string, string>>): ServiceProcess {
  const service = ServiceProcess.launch({ LOG_LEVEL: 'warn', ...env });
  running.push(service);
  return service;
}

/** How it ended, and whether within two seconds. */
async function leaves(service: ServiceProcess, signal: NodeJS.Signals): Promise<[number | null, boolean]> {
  const toldAt = performance.now();
  service.signal(signal);
  const code = await service.exit();
  return [code, performance.now() - toldAt < 2_000];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** What a probe answers; null while nobody does. */
async function probe(port: number, path: string): Promise<{ status: number; body: unknown } | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    return { status: response.status, body: await response.json() };
  } catch {
    return null;
  }
}

describe('F11, R37: a process that is told to stop while it starts', () => {
  it('is gone within two seconds while another holds the lock of the migrations, with its connections', async () => {
    const url = await emptyDatabase('locked');
    const holder = new Client({ connectionString: url });
    await holder.connect();
    try {
      await holder.query('SELECT pg_advisory_lock(4172360001)');
      const service = launch({ DATABASE_URL: url });
      const others = async () =>
        (
          await holder.query(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND application_name LIKE 'gatehouse%' AND query LIKE '%pg_try_advisory_xact_lock%'`)
        ).rows.length;
      await eventually(async () => (await others()) > 0, PATIENCE);
      expect(await leaves(service, 'SIGTERM')).toEqual([0, true]);
      await eventually(async () => (await others()) === 0, 5_000);
    } finally {
      await holder.end();
    }
  });

  it('is gone within two seconds while the database accepts and answers nothing', async () => {
    const hanging: Server = createServer().listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const { port } = hanging.address() as AddressInfo;
    const service = launch({ DATABASE_URL: `postgres://somebody@127.0.0.1:${port}/none` });
    await once(hanging, 'connection');
    expect(await leaves(service, 'SIGINT')).toEqual([0, true]);
    hanging.close();
  });

  it('is gone within two seconds while the embedded database is made, and leaves no server', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-told-'));
    await chmod(folder, 0o755);
    const data = join(folder, 'postgres');
    try {
      const service = launch({ DATA_DIR: folder, DATABASE_URL: '' });
      await eventually(
        async () => (await readdir(data).catch(() => [])).some((name) => name.startsWith('cluster')),
        PATIENCE,
      );
      expect(await leaves(service, 'SIGTERM')).toEqual([0, true]);
      const pidFile = await readFile(join(data, 'cluster/data/postmaster.pid'), 'utf8').catch(() => '');
      if (pidFile) expect(() => process.kill(Number(pidFile.split('\n')[0]), 0)).toThrow('ESRCH');
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

describe('F5, R37: with MIGRATE_ON_START=false', () => {
  it('is alive and not ready on an old schema, names what it lacks, and is ready once that has run', async () => {
    const url = await cloneDatabase('old');
    const database = createMigrationDataSource(url, allInOne.schema.migrations);
    await database.initialize();
    await database.query(`DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)`);
    const [{ name }] = await database.query<[{ name: string }]>(
      'SELECT name FROM migration ORDER BY id DESC LIMIT 1',
    );
    const port = await freePort();
    const service = launch({ DATABASE_URL: url, MIGRATE_ON_START: 'false', PORT: String(port) });
    await service.until(/lacks 1 migrations of this version: \w+\d+\. Run: npm run cli -- migrate/);
    expect(service.output).not.toContain(name);
    await eventually(async () => (await probe(port, 'health/live'))?.status === 200, PATIENCE);
    const down = { migrations: { status: 'down' } };
    for (const path of ['health/ready', 'health/startup', 'health'])
      expect(await probe(port, path)).toEqual({
        status: 503,
        body: { status: 'error', info: {}, error: down, details: down },
      });
    expect(await probe(port, 'users/me')).toMatchObject({
      status: 503,
      body: { code: 'service_unavailable' },
    });

    await database.query(
      `INSERT INTO migration (timestamp, name) VALUES (1, $1), (9999999999999, 'OfANewerVersion9999999999999')`,
      [/lacks 1 migrations of this version: (\w+)/.exec(service.output)?.[1]],
    );
    await database.destroy();
    await eventually(async () => (await probe(port, 'health/ready'))?.status === 200, PATIENCE);
    expect((await probe(port, 'users/me'))?.status).toBe(401);
  });

  it('says in one line that the database is empty and what to run; a worker too, at its own port', async () => {
    const url = await emptyDatabase('unprepared');
    const port = await freePort();
    const service = launch({
      DATABASE_URL: url,
      MIGRATE_ON_START: 'false',
      SERVICE: 'worker',
      MANAGEMENT_PORT: String(port),
    });
    await service.until(/\n/);
    const lines = service.output.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      msg: expect.stringMatching(
        /^The database is empty\. Run: npm run cli -- migrate \(in the image: node dist\/src\/cli\.js migrate\)/,
      ),
    });
    expect((await probe(port, 'health/live'))?.status).toBe(200);
    expect(await probe(port, 'health/ready')).toMatchObject({
      status: 503,
      body: { error: { migrations: {} } },
    });

    await prepareDatabase(allInOne, url, testConfig({ DATABASE_URL: url }));
    await service.until(/worker is running/);
    expect(await probe(port, 'health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await leaves(service, 'SIGTERM')).toEqual([0, true]);
    expect(await probe(port, 'health/live')).toBeNull();
  });
});

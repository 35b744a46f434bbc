import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { operatorCalled } from '../../src/access/actor.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import { diagnose } from '../../src/apps/cli/doctor.js';
import type { CommandSite } from '../../src/apps/cli/command-site.js';
import type { Examined } from '../../src/apps/doctor/examine.js';
import { type Machine, thisMachine } from '../../src/apps/doctor/gather.js';
import { prepareDatabase } from '../../src/apps/prepare-database.js';
import { withContext } from '../../src/apps/with-context.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';
import { TEST_ENVIRONMENT } from '../support/environment.js';
import { describeWithRabbit, RABBITMQ_URL } from '../support/rabbit.js';
import { freePort, hasRedisServer, OwnRedis } from '../support/redis.js';
import { startSmtpServer } from '../support/smtp.js';

if (!hasRedisServer)
  process.stdout.write('SKIPPED: what the doctor says of Redis (there is no redis-server to start).\n');
const describeWithRedis = hasRedisServer ? describe : describe.skip;

const unused = async () => {
  throw new Error('The doctor asks for itself');
};
const site: CommandSite = {
  definition: allInOne,
  environment: 'test',
  operator: operatorCalled('grace'),
  withServices: unused,
  withDatabase: unused,
  withAddress: unused,
  say: () => undefined,
};

/** Of the services that may be set where the tests run, none. */
const NONE = { REDIS_URL: '', RABBITMQ_URL: '', SMTP_URL: '' };

let url: string;
/** What the doctor finds where only this differs. */
async function examined(settings: Readonly<Record<string, string>> = {}, machine: Machine = thisMachine) {
  const overrides = { ...TEST_ENVIRONMENT, ...NONE, DATABASE_URL: url, ...settings };
  const { json, code } = await diagnose(site, machine, overrides);
  const { checks } = json as { checks: Examined[] };
  return { code, notWell: checks.filter(({ status }) => status === 'fault' || status === 'warning'), checks };
}

async function sql<Row>(text: string, at = url): Promise<Row[]> {
  const client = new Client({ connectionString: at });
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  while (closing.length > 0) await closing.pop()?.();
});

beforeAll(async () => {
  url = await cloneDatabase('doctor');
  const config = { ...TEST_ENVIRONMENT, ...NONE, DATABASE_URL: url, WORKER: 'off' };
  await prepareDatabase(allInOne, url, testConfig(config));
  // A start makes the first key.
  await withContext(allInOne, async () => undefined, { settings: config });
});

describe('F13: the doctor', () => {
  it('finds nothing wrong with a service as it is set up, and changes nothing', async () => {
    const tables = await sql<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'bullmq')`,
    );
    const counted = tables.map(
      ({ name }) => `(SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM ${name} t)`,
    );
    const state = () => sql(`SELECT ARRAY[${counted.join(', ')}] AS state`);
    const before = await state();
    expect(await examined()).toMatchObject({ code: 0, notWell: [] });
    expect(await state()).toEqual(before);
  });

  it('says so of a clone that was never started, and makes nothing there', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-'));
    closing.push(async () => rmSync(dataDir, { recursive: true }));
    const secrets = { APP_SECRET: '', KEY_ENCRYPTION_SECRET: '', PASSWORD_PEPPER: '' };
    const { code, notWell } = await examined({
      ...secrets,
      DATABASE_URL: '',
      DATA_DIR: join(dataDir, 'none'),
    });
    expect({ code, found: notWell.map(({ check }) => check) }).toEqual({ code: 0, found: ['database'] });
    expect(notWell[0]?.remedy).toContain('npm start');
  });

  const production = {
    NODE_ENV: 'production',
    BCRYPT_COST: '12',
    PUBLIC_BASE_URL: 'https://id.invalid',
    DOCS_ENABLED: '',
  };
  const away = async () => `127.0.0.1:${await freePort()}`;
  const hour = 3_600_000;

  it.each<[string, () => Promise<Record<string, string>>, string, RegExp, RegExp, Machine]>([
    [
      'a wrong DATABASE_URL',
      async () => ({ DATABASE_URL: `postgres://nobody@${await away()}/none`, DATABASE_CONNECT_TIMEOUT: '1' }),
      'database',
      /did not accept a connection/,
      /correct DATABASE_URL/,
      thisMachine,
    ],
    [
      'a pending migration',
      async () => {
        await sql('UPDATE migration SET name = reverse(name) WHERE id = (SELECT max(id) FROM migration)');
        closing.push(async () => {
          await sql('UPDATE migration SET name = reverse(name) WHERE id = (SELECT max(id) FROM migration)');
        });
        return {};
      },
      'migrations',
      /lacks 1 migrations of this version: \w+\d+/,
      /npm run cli -- migrate/,
      thisMachine,
    ],
    [
      'a missing key',
      async () => {
        await sql(`UPDATE signing_key SET state = 'retiring'`);
        closing.push(async () => {
          await sql(`UPDATE signing_key SET state = 'active'`);
        });
        return {};
      },
      'keys',
      /no signing key is active/,
      /keys rotate/,
      thisMachine,
    ],
    [
      'another KEY_ENCRYPTION_SECRET',
      async () => ({ KEY_ENCRYPTION_SECRET: 'q8RzT5vXw2YnB7mKc4HdJs9LpF3gUe6A' }),
      'keys',
      /another KEY_ENCRYPTION_SECRET/,
      /the one it was made with/,
      thisMachine,
    ],
    [
      'Redis that is away',
      async () => ({ REDIS_URL: `redis://${await away()}` }),
      'redis',
      /ECONNREFUSED/,
      /REDIS_URL/,
      thisMachine,
    ],
    [
      'a broker that is away',
      async () => ({ RABBITMQ_URL: `amqp://app:zQ7secret@${await away()}` }),
      'broker',
      /ECONNREFUSED/,
      /RABBITMQ_URL/,
      thisMachine,
    ],
    [
      'a mail server that refuses us',
      async () => {
        const server = await startSmtpServer({
          disabledCommands: ['STARTTLS'],
          onConnect: (_session, done) => done(new Error('go away')),
        });
        closing.push(() => server.close());
        return { SMTP_URL: `smtp://127.0.0.1:${server.port}` };
      },
      'mail',
      /mail server/,
      /SMTP_URL/,
      thisMachine,
    ],
    [
      'TRUST_PROXY=0.0.0.0/0',
      async () => ({ TRUST_PROXY: '0.0.0.0/0' }),
      'configuration',
      /^TRUST_PROXY must be the networks/,
      /TRUST_PROXY/,
      thisMachine,
    ],
    [
      'a weak secret in production',
      async () => ({ ...production, APP_SECRET: 'gatehouse-gatehouse-gatehouse-gatehouse' }),
      'configuration',
      /^APP_SECRET .*openssl rand/,
      /APP_SECRET/,
      thisMachine,
    ],
    [
      'a clock that is off',
      async () => ({}),
      'clock',
      /3600\.\d s behind/,
      /NTP/,
      { ...thisMachine, now: () => Date.now() + hour },
    ],
    [
      'a full disk',
      async () => ({}),
      'disk',
      /^9 MiB free/,
      /Make room/,
      { ...thisMachine, free: async () => 10_000_000 },
    ],
  ])('names %s, what to do, and nothing else', async (_, plant, check, says, remedy, machine) => {
    const { code, notWell } = await examined(await plant(), machine);
    expect(code).toBe(1);
    expect(notWell).toEqual([
      {
        check,
        status: 'fault',
        says: expect.stringMatching(says) as string,
        remedy: expect.stringMatching(remedy) as string,
      },
    ]);
    expect(JSON.stringify(notWell)).not.toMatch(/zQ7secret|gatehouse-gatehouse/);
  });

  it('S97: names what a role lacks, and needs no more itself than to read', async () => {
    const name = new URL(url).pathname.slice(1);
    const role = `doctor_${name}`;
    await sql(`DROP ROLE IF EXISTS "${role}"`);
    await sql(`CREATE ROLE "${role}" LOGIN PASSWORD 'Kd8sLq2vXz'`);
    await sql(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO "${role}"`);
    await sql(
      `GRANT USAGE ON SCHEMA bullmq TO "${role}"; GRANT SELECT ON ALL TABLES IN SCHEMA bullmq TO "${role}"`,
    );
    closing.push(async () => {
      await sql(`DROP OWNED BY "${role}"`);
      await sql(`DROP ROLE "${role}"`);
    });
    const limited = Object.assign(new URL(url), { username: role, password: 'Kd8sLq2vXz' });
    const { notWell } = await examined({ DATABASE_URL: limited.href });
    expect(notWell.map(({ check, status }) => [check, status])).toEqual([['database-role', 'fault']]);
    expect(notWell[0]?.says).toMatch(/cannot read and write audit_log, /);
    expect(notWell[0]?.remedy).toContain(`TO "${role}"`);
  });

  it('looks at production as production', async () => {
    const { code, notWell } = await examined({ ...production, LOG_LEVEL: 'debug' });
    expect(code).toBe(0);
    expect(notWell.map(({ check }) => check)).toEqual(
      expect.arrayContaining([
        'log-level',
        'database-role',
        'proxy',
        'public-address',
        'mail',
        'text-messages',
      ]),
    );
  });
});

describeWithRedis('F13: the doctor, of Redis', () => {
  it('names Redis with eviction, and takes nothing there for its own', async () => {
    const redis = await OwnRedis.start('--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru');
    closing.push(() => redis.remove());
    const { code, notWell } = await examined({ REDIS_URL: redis.url });
    expect(code).toBe(1);
    expect(notWell.map(({ check, status }) => [check, status])).toEqual([['redis-eviction', 'fault']]);
    expect(notWell[0]?.remedy).toContain('maxmemory-policy noeviction');
    expect(await redis.keys()).toEqual([]);
  });

  it('waits for nothing for long: a Redis that hangs', async () => {
    const redis = await OwnRedis.start();
    closing.push(() => redis.remove());
    redis.freeze();
    const startedAt = performance.now();
    const { notWell } = await examined({ REDIS_URL: redis.url });
    redis.thaw();
    expect(notWell.map(({ check }) => check)).toEqual(['redis']);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

describeWithRabbit('F13: the doctor, of RabbitMQ', () => {
  it('finds a broker that is there', async () => {
    expect((await examined({ RABBITMQ_URL })).checks).toContainEqual({
      check: 'broker',
      status: 'ok',
      says: 'answers',
    });
  });
});

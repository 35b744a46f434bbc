import type { FirstAdministrator } from '../../seeds/first-administrator.js';
import { version } from '../common/version.js';
import { testConfig } from '../../test/support/config.js';
import { administratorLines, banner, startLine, workerBanner } from './banner.js';
import type { Database } from './open-database.js';

const stop = () => Promise.resolve();
const EMBEDDED: Database = {
  url: 'postgres://gatehouse:cAnArY@127.0.0.1:40000/gatehouse',
  directUrl: 'postgres://gatehouse:cAnArY@127.0.0.1:40000/gatehouse',
  embedded: true,
  dataDir: '/srv/app/.data/postgres',
  stop,
};
const CONFIGURED: Database = {
  url: 'postgres://gatehouse:cAnArY@db.internal/accounts?sslmode=require',
  directUrl: 'postgres://gatehouse:cAnArY@db.internal/accounts?sslmode=require',
  embedded: false,
  dataDir: null,
  stop,
};
const PRODUCTION = {
  NODE_ENV: 'production',
  BCRYPT_COST: '12',
  DOCS_ENABLED: '',
  DATABASE_URL: CONFIGURED.url,
  PUBLIC_BASE_URL: 'https://id.example.com',
};

const show = (database: Database, env: Record<string, string> = {}, url = 'http://127.0.0.1:3000') =>
  banner(testConfig(env), url, database, null);

describe('the banner', () => {
  it('says where everything is', () => {
    const text = show(EMBEDDED);
    for (const address of ['/api/v1', '/docs', '/redoc', '/dev/mailbox'])
      expect(text).toContain(`http://localhost:3000${address}`);
    expect(text).toContain('embedded Postgres, data in /srv/app/.data/postgres');
  });

  it.each(['http://0.0.0.0:3000', 'http://[::1]:3000'])(
    'gives an address that a browser opens: %s',
    (url) => {
      expect(show(EMBEDDED, {}, url)).toContain('http://localhost:3000/api/v1');
    },
  );

  it('says who does the background when this process does not', () => {
    const told = 'The background is left to workers (SERVICE=worker).';
    expect(show(EMBEDDED, { WORKER: 'off' })).toContain(told);
    expect(show(EMBEDDED)).not.toContain(told);
  });

  it('says which version it is, what is on and what is off', () => {
    const env = {
      REDIS_URL: 'redis://:cAnArY@127.0.0.1:6379',
      SMTP_URL: 'smtp://user:cAnArY@mail.example.com:587',
      OAUTH_GITHUB_CLIENT_ID: 'cAnArY',
      OAUTH_GITHUB_CLIENT_SECRET: 'cAnArY',
      WORKER: 'off',
    };
    const text = show(EMBEDDED, env);
    expect(text).toContain(`Version   ${version}`);
    expect(text).toMatch(/On {8}API, .*Redis, mail \(SMTP\), .*sign-in through providers github/);
    expect(text).toMatch(/Off {7}background, .*RabbitMQ, text messages/);
    expect(text).not.toContain('cAnArY');
    expect(workerBanner(testConfig({ SERVICE: 'worker' }), EMBEDDED, null)).toMatch(/On {8}background/);
  });

  it('S95: names a database without user and password', () => {
    expect(show(CONFIGURED)).toContain('db.internal:5432/accounts');
    expect(show(CONFIGURED) + show(EMBEDDED)).not.toContain('cAnArY');
  });

  it('S96: names no pages that production does not serve', () => {
    expect(show(CONFIGURED, PRODUCTION)).not.toMatch(/docs|redoc|mailbox/);
    expect(show(CONFIGURED, { ...PRODUCTION, DOCS_ENABLED: 'true' })).toContain('/docs');
  });
});

describe('A10: a process that is not in production', () => {
  it.each(['development', 'test'])('says so: %s', (environment) => {
    const env = { NODE_ENV: environment, BCRYPT_COST: '12' };
    expect(show(EMBEDDED, env)).toContain(
      `Gatehouse is running in ${environment.toUpperCase()}: not for real users`,
    );
    expect(workerBanner(testConfig(env), EMBEDDED, null)).toContain(
      `worker is running in ${environment.toUpperCase()}`,
    );
    expect(show(CONFIGURED, PRODUCTION)).toContain('Gatehouse is running\n');
  });
});

describe('what is said of the first administrator', () => {
  const tell = (administrator: FirstAdministrator | null) => administratorLines(administrator).join('\n');
  const email = 'root@corp.example';

  it('is nothing when there was one before', () => {
    expect(tell(null)).toBe('');
  });

  it('is a generated password, but never one that was set', () => {
    const generated = tell({ email, with: 'generated password', password: 'Zr8Kq2Wn5Xv7Bt3Mj9Lp' });
    expect(generated).toMatch(/root@corp\.example\n.*Zr8Kq2Wn5Xv7Bt3Mj9Lp {2}\(shown this once\)/);
    expect(tell({ email, with: 'configured password' })).toContain('as set in ADMIN_PASSWORD');
  });

  it('F12: is that the address is taken, and what to do', () => {
    const text = tell({ email, with: 'address of another user' });
    expect(text).toContain(
      'root@corp.example\n  There is no administrator yet: the address (ADMIN_EMAIL) is another',
    );
    expect(text).toContain('Set ADMIN_EMAIL to');
  });

  it('F13: is the command that makes a link to set a password with, on a terminal and in the log', () => {
    const command = 'node dist/src/cli.js user reset-password 7';
    const administrator = { email, with: 'no password yet', userId: 7 } as const;
    expect(tell(administrator)).toContain(command);
    expect(startLine(testConfig(PRODUCTION), null, CONFIGURED, administrator)).toMatchObject({
      event: 'started',
      administrator: email,
      wayIn: expect.stringContaining(command),
    });
  });
});

describe('F13: the line of the log', () => {
  it('S95: says where everything is, without user and password', () => {
    const line = startLine(testConfig(PRODUCTION), 'http://0.0.0.0:3000', CONFIGURED, null);
    expect(line).toEqual({
      event: 'started',
      version,
      node: process.version,
      service: 'all-in-one',
      background: true,
      api: 'http://0.0.0.0:3000/api/v1',
      public: 'https://id.example.com',
      database: 'db.internal:5432/accounts',
      on: ['API', 'background', 'migrations at start'],
      off: expect.arrayContaining([
        'Redis',
        'RabbitMQ',
        'mail (SMTP)',
        'registration',
        'API pages',
      ]) as unknown,
    });
  });

  it('S95: has no generated password, which is for the banner', () => {
    const administrator = {
      email: 'root@corp.example',
      with: 'generated password',
      password: 'cAnArY',
    } as const;
    expect(startLine(testConfig(PRODUCTION), null, CONFIGURED, administrator)).toMatchObject({
      administrator: 'root@corp.example',
    });
    expect(JSON.stringify(startLine(testConfig(PRODUCTION), null, CONFIGURED, administrator))).not.toContain(
      'cAnArY',
    );
  });
});

import { faultsIn } from '../../test/support/refused-config.js';
import { allInOne } from './all-in-one.js';
import { HttpConfig } from '../platform/http/http.config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
import { LockoutConfig } from '../auth/lockout/lockout.config.js';
import { SmsConfig } from '../platform/sms/sms.config.js';
import { type Config, loadConfig } from '../platform/config/config.js';

const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'0a1B2c3D'.repeat(4)}`,
  TWILIO_AUTH_TOKEN: 'fe98dc76ba54',
  TWILIO_FROM: '+15005550006',
};

const load = (env: NodeJS.ProcessEnv): Config => loadConfig(env, allInOne.config, () => ({}));
const faultsOf = (env: NodeJS.ProcessEnv) => faultsIn(() => load(env));

describe('F12: an address that would be useless', () => {
  const reasonOf = (name: string, value: string) => faultsOf({ [name]: value })[name];

  it.each(['?a=b', '?', '#top', '#', '/a b', '/a%', '/100%/x', '\\x', '\t/x', '/x\n'])(
    'is refused as the public one, ending with %j',
    (end) => {
      expect(reasonOf('PUBLIC_BASE_URL', `https://id.example.com${end}`)).toMatch(
        /^must be an http or https URL/,
      );
    },
  );

  it('is refused as the public one with a user or a password', () => {
    for (const user of ['user@', 'user:pass@', '@', ':@'])
      expect(reasonOf('PUBLIC_BASE_URL', `https://${user}id.example.com`)).toContain('without user');
  });

  it('is read as browsers read it when it is only spelled in another way', () => {
    const read = (value: string) => load({ PUBLIC_BASE_URL: value }).get(HttpConfig).publicBaseUrl;
    expect(read('HTTPS://ID.Example.com:443/Sub/')).toBe('https://id.example.com/Sub');
    expect(read('https://bücher.example')).toBe('https://xn--bcher-kva.example');
    expect(read('https://id.example.com/a%20b')).toBe('https://id.example.com/a%20b');
  });

  it.each(['DATABASE_URL', 'REDIS_URL', 'RABBITMQ_URL'])('says what to escape in %s', (name) => {
    const scheme = { DATABASE_URL: 'postgres', REDIS_URL: 'redis', RABBITMQ_URL: 'amqp' }[name] ?? '';
    const isFault = (password: string) => reasonOf(name, `${scheme}://user:${password}@host:1234/0`);
    for (const password of ['10%', '%zz', '%ff', '%00', '12#4', '12/4', '12?4'])
      expect(isFault(password)).toMatch(
        /^(holds a character that must be escaped .* % as %25|must look like)/,
      );
    for (const password of ['%25%23%2f%3f%40', 'p@ss', 'p:ss', "p'&=+"])
      expect(load({ [name]: `${scheme}://user:${password}@host:1234/0` })).toBeDefined();
  });

  it('is refused where its port is none', () => {
    expect(reasonOf('DATABASE_URL', 'postgres://db:0/x')).toContain('must look like');
  });

  it('reads a socket of Postgres, which has no host', () => {
    const url = 'postgres:///accounts?host=/var/run/postgresql&user=x';
    expect(load({ DATABASE_URL: url }).get(DatabaseConfig).url).toBe(url);
  });

  it('reads the address to listen on with and without brackets, and names', () => {
    expect(load({ HOST: '[::1]' }).get(HttpConfig).host).toBe('::1');
    for (const host of ['::', 'fe80::1%eth0', '0.0.0.0', 'localhost', 'id.internal', '0'])
      expect(load({ HOST: host }).get(HttpConfig).host).toBe(host);
  });
});

describe('F12: an origin that may call', () => {
  it('is that of a site or of an app around a web view', () => {
    const origins = [
      'https://app.example.com',
      'http://[::1]:5173',
      'capacitor://localhost',
      'ionic://localhost',
      'tauri://localhost',
      'app://com.example.desktop',
      'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
      'moz-extension://0197b1c2-5f0e-7c3a-9d56-3c1f0a6d2b11',
    ];
    expect(load({ CORS_ORIGINS: origins.join(',') }).get(HttpConfig).corsOrigins).toEqual(origins);
  });
});

describe('F12: settings that make each other useless', () => {
  it('are refused where a pause is longer than the longest', () => {
    expect(faultsOf({ LOCKOUT_SECONDS: '7200' })).toEqual({
      LOCKOUT_SECONDS: 'must not be more than LOCKOUT_MAX_SECONDS, the longest pause',
    });
    expect(load({ LOCKOUT_SECONDS: '7200', LOCKOUT_MAX_SECONDS: '7200' }).get(LockoutConfig).base).toBe(7200);
  });

  it('are refused where an account at Twilio is set and nobody is to use it', () => {
    expect(Object.keys(faultsOf(TWILIO))).toEqual(['SMS_PROVIDER']);
    expect(load({ ...TWILIO, SMS_PROVIDER: 'log' }).get(SmsConfig).via).toEqual({ provider: 'log' });
  });
});

describe('A21, S17: TRUST_PROXY', () => {
  it.each([
    '0.0.0.0/0',
    '0.0.0.0/1,128.0.0.0/1',
    '10.0.0.0/7',
    '::/0',
    '::/1',
    '2000::/3',
    '::ffff:0:0/96',
    '::ffff:0.0.0.0/100',
    '::/64',
    'f000::/4',
  ])('refuses %s, by which anybody could pretend to be anybody', (value) => {
    expect(faultsOf({ TRUST_PROXY: value })).toEqual({
      TRUST_PROXY: expect.stringContaining('must be the networks of your own proxies'),
    });
  });

  it('takes the networks that proxies are in', () => {
    const networks = [
      '10.0.0.0/8',
      '127.0.0.1',
      'fc00::/7',
      'fd00::/8',
      'fe80::/10',
      '2606:4700::/32',
      '::1',
    ];
    expect(load({ TRUST_PROXY: networks.join(',') }).get(HttpConfig).trustProxy).toEqual(networks);
  });
});

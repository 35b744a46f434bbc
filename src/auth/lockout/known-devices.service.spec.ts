import fastifyCookie from '@fastify/cookie';
import { fastify } from 'fastify';
import type { NewCookie } from '../../platform/http/cookies.js';
import { Secrets } from '../../platform/config/secrets.config.js';
import { platformConfig } from '../../../test/support/environment.js';
import { lockoutSection, LockoutConfig } from './lockout.config.js';
import { type DeviceOwner, KnownDevicesService } from './known-devices.service.js';

const devicesOf = (env: Record<string, string> = {}) => {
  const config = platformConfig(env, lockoutSection);
  return new KnownDevicesService(config.get(Secrets), config.get(LockoutConfig));
};
const devices = devicesOf();
const OWNER = { userId: 7, credentialVersion: 3 };
const [name, value, attributes] = devices.cookieFor(OWNER);
/** What a browser sends back. */
const sent = ([itsName, itsValue]: NewCookie) => `${itsName}=${itsValue}`;
const cookie = `${name}=${value}`;
const [owner = '', id = '', mac = ''] = value.split('.');

const http = fastify();
/** Reads a `Cookie` header as the server does. */
const recognise = (header: string | undefined, of: DeviceOwner | null, by = devices) =>
  by.recognise(header ? http.parseCookie(header) : {}, of);

beforeAll(async () => {
  await http.register(fastifyCookie);
});

describe('S16: the cookie of a known device', () => {
  it('is recognised for its owner', () => {
    expect(recognise(cookie, OWNER)).toBe(id);
    expect(recognise(`a=b; ${cookie}; c=d`, OWNER)).toBe(id);
    expect(recognise(`a=b;${cookie}`, OWNER)).toBe(id);
  });

  it('is the first of its name', () => {
    expect(recognise(`${cookie}; ${name}=7`, OWNER)).toBe(id);
    expect(recognise(`${name}=7; ${cookie}`, OWNER)).toBeNull();
  });

  it('is recognised by every instance and after a restart', () => {
    expect(recognise(cookie, OWNER, devicesOf())).toBe(id);
  });

  it('is another one for every device', () => {
    const ids = Array.from({ length: 100 }, () => recognise(sent(devices.cookieFor(OWNER)), OWNER));
    expect(new Set(ids).size).toBe(100);
  });

  it('goes to this host over https only, and to no script', () => {
    const [, ...sentWith] = http.serializeCookie(name, value, attributes).split('; ');
    expect(sentWith.toSorted()).toEqual([
      'HttpOnly',
      'Max-Age=15552000',
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ]);
    expect(name).toMatch(/^__Host-/);
  });

  it('is a stranger’s for another user, and for nobody', () => {
    for (const userId of [8, 70, 77, 0, -7]) expect(recognise(cookie, { ...OWNER, userId })).toBeNull();
    expect(recognise(cookie, null)).toBeNull();
  });

  it('is a stranger’s once the password is another one', () => {
    for (const credentialVersion of [1, 2, 4, 33])
      expect(recognise(cookie, { ...OWNER, credentialVersion })).toBeNull();
  });

  it('is refused when its owner is exchanged', () => {
    expect(recognise(`${name}=8.${id}.${mac}`, { ...OWNER, userId: 8 })).toBeNull();
    expect(recognise(`${name}=07.${id}.${mac}`, OWNER)).toBeNull();
  });

  it('is refused when a single bit of it is', () => {
    const flipped = (text: string, at: number) => {
      const bytes = Buffer.from(text, 'base64url');
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes.toString('base64url');
    };
    for (let at = 0; at < 32; at += 1)
      expect(recognise(`${name}=${owner}.${id}.${flipped(mac, at)}`, OWNER)).toBeNull();
    for (let at = 0; at < 16; at += 1)
      expect(recognise(`${name}=${owner}.${flipped(id, at)}.${mac}`, OWNER)).toBeNull();
  });

  it('is refused under another APP_SECRET', () => {
    const other = devicesOf({ APP_SECRET: 'Zw6Rk1Vd9Tq4Hs7Bn2Xm5Jc8Lp3Gf0Ya' });
    expect(recognise(sent(other.cookieFor(OWNER)), OWNER)).toBeNull();
    expect(recognise(cookie, OWNER, other)).toBeNull();
  });

  it.each([
    undefined,
    '',
    name,
    `${name}=`,
    `${name}=7`,
    `${name}=7..`,
    `${name}=7.${id}.`,
    `${name}=7.${id}.${'A'.repeat(43)}`,
    `${name}=7.${id}.${mac}x`,
    `${name}=7.${id}.${mac}.x`,
    `${name}="${value}"`,
    `x${cookie}`,
    `${name.toLowerCase()}=${value}`,
    `a=${cookie}`,
    '\0',
    `${name}=${'7'.repeat(100_000)}`,
  ])('is nobody’s when it is malformed or of another name: %j', (header) => {
    expect(recognise(header, OWNER)).toBeNull();
  });
});

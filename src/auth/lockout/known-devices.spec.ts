import { Secrets } from '../../platform/config/secrets.config.js';
import { platformConfig } from '../../../test/support/environment.js';
import { lockoutSection, LockoutConfig } from './lockout.config.js';
import { KnownDevices } from './known-devices.js';

const devicesOf = (env: Record<string, string> = {}) => {
  const config = platformConfig(env, lockoutSection);
  return new KnownDevices(config.get(Secrets), config.get(LockoutConfig));
};
const devices = devicesOf();
const OWNER = { userId: 7, credentialVersion: 3 };
/** What a browser sends back of a `Set-Cookie` value. */
const sent = (cookie: string) => cookie.split(';', 1)[0] ?? '';
const cookie = sent(devices.cookieFor(OWNER));
const [name = '', value = ''] = cookie.split('=');
const [owner = '', id = '', mac = ''] = value.split('.');

describe('S16: the cookie of a known device', () => {
  it('is recognised for its owner', () => {
    expect(devices.recognise(cookie, OWNER)).toBe(id);
    expect(devices.recognise(`a=b; ${cookie}; c=d`, OWNER)).toBe(id);
    expect(devices.recognise(`a=b;${cookie}`, OWNER)).toBe(id);
  });

  it('is recognised by every instance and after a restart', () => {
    expect(devicesOf().recognise(cookie, OWNER)).toBe(id);
  });

  it('is another one for every device', () => {
    const ids = Array.from({ length: 100 }, () => devices.recognise(sent(devices.cookieFor(OWNER)), OWNER));
    expect(new Set(ids).size).toBe(100);
  });

  it('goes to this host over https only, and to no script', () => {
    const attributes = devices.cookieFor(OWNER).split('; ').slice(1).toSorted();
    expect(attributes).toEqual(['HttpOnly', 'Max-Age=15552000', 'Path=/', 'SameSite=Strict', 'Secure']);
    expect(name).toMatch(/^__Host-/);
  });

  it('is a stranger’s for another user, and for nobody', () => {
    for (const userId of [8, 70, 77, 0, -7])
      expect(devices.recognise(cookie, { ...OWNER, userId })).toBeNull();
    expect(devices.recognise(cookie, null)).toBeNull();
  });

  it('is a stranger’s once the password is another one', () => {
    for (const credentialVersion of [1, 2, 4, 33])
      expect(devices.recognise(cookie, { ...OWNER, credentialVersion })).toBeNull();
  });

  it('is refused when its owner is exchanged', () => {
    expect(devices.recognise(`${name}=8.${id}.${mac}`, { ...OWNER, userId: 8 })).toBeNull();
    expect(devices.recognise(`${name}=07.${id}.${mac}`, OWNER)).toBeNull();
  });

  it('is refused when a single bit of it is', () => {
    const flipped = (text: string, at: number) => {
      const bytes = Buffer.from(text, 'base64url');
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes.toString('base64url');
    };
    for (let at = 0; at < 32; at += 1)
      expect(devices.recognise(`${name}=${owner}.${id}.${flipped(mac, at)}`, OWNER)).toBeNull();
    for (let at = 0; at < 16; at += 1)
      expect(devices.recognise(`${name}=${owner}.${flipped(id, at)}.${mac}`, OWNER)).toBeNull();
  });

  it('is refused under another APP_SECRET', () => {
    const other = devicesOf({ APP_SECRET: 'Zw6Rk1Vd9Tq4Hs7Bn2Xm5Jc8Lp3Gf0Ya' });
    expect(devices.recognise(sent(other.cookieFor(OWNER)), OWNER)).toBeNull();
    expect(other.recognise(cookie, OWNER)).toBeNull();
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
    expect(devices.recognise(header, OWNER)).toBeNull();
  });
});

import bcrypt from 'bcrypt';
import { platformConfig } from '../../../test/support/environment.js';
import { PasswordHasher } from './password-hasher.js';

const compare = jest.spyOn(bcrypt, 'compare');

const PASSWORD = 'correct horse battery staple';
function hasherWith(env: Record<string, string> = {}): PasswordHasher {
  const config = platformConfig(env);
  return PasswordHasher.of(config);
}
const hasher = hasherWith();
const argon2id = hasherWith({ PASSWORD_HASHER: 'argon2id' });

describe('a password hash', () => {
  it('S3: names scheme and cost; the default cost is 12', async () => {
    expect(await hasher.hash(PASSWORD)).toMatch(/^\{hmac-sha256\}\$2b\$04\$[./A-Za-z0-9]{53}$/);
    const hash = await hasherWith({ BCRYPT_COST: '' }).hash(PASSWORD);
    expect(hash).toMatch(/^\{hmac-sha256\}\$2b\$12\$[./A-Za-z0-9]{53}$/);
    expect(hash.length).toBeLessThanOrEqual(256);
  });

  it('S3: is another one each time', async () => {
    const hashes = await Promise.all(Array.from({ length: 10 }, () => hasher.hash(PASSWORD)));
    expect(new Set(hashes.map((hash) => hash.slice(20, 42))).size).toBe(10);
  });

  it('matches its password', async () => {
    expect(await hasher.verify(PASSWORD, await hasher.hash(PASSWORD))).toBe(true);
  });

  it('matches under the pepper it was made with only', async () => {
    const other = hasherWith({ PASSWORD_PEPPER: 'Kd8Wn2Qx5Zr7Vb3Mt9Jp4Lh6Fs1Gc0Ye' });
    expect(await other.verify(PASSWORD, await hasher.hash(PASSWORD))).toBe(false);
  });

  const A72 = 'A'.repeat(72);
  it.each([
    ['what comes behind 72 bytes', `${A72}X`, `${A72}Y`],
    ['what comes behind 72 bytes of longer characters', `${'名'.repeat(24)}X`, `${'名'.repeat(24)}Y`],
    ['the 1,000th character', `${'x'.repeat(999)}a`, `${'x'.repeat(999)}b`],
    ['being cut at 72 bytes', `${A72}X`, A72],
    ['NUL and what comes behind', 'p\0a', 'p\0b'],
    ['NUL', 'p\0', 'p'],
    ['a space at the end', 'password ', 'password'],
    ['a space in front', ' password', 'password'],
    ['case', 'Password', 'password'],
    ['accents', 'passw\u00f6rd', 'password'],
    ['nothing', 'x', ''],
  ])('S2: tells passwords apart by %s', async (_, one, other) => {
    const hash = await hasher.hash(one);
    expect(await hasher.verify(one, hash)).toBe(true);
    expect(await hasher.verify(other, hash)).toBe(false);
  });

  it.each([
    ['composed and decomposed', 'caf\u00e9', 'cafe\u0301'],
    ['full-width and plain', '\uff50\uff57', 'pw'],
    ['ligature and letters', '\ufb01ne', 'fine'],
    ['the Kelvin sign and K', '\u212a', 'K'],
  ])('S6: takes equal texts for one, however they were typed: %s', async (_, one, other) => {
    expect(await hasher.verify(other, await hasher.hash(one))).toBe(true);
    expect(await hasher.verify(one, await hasher.hash(other))).toBe(true);
  });

  it('S4: of plain bcrypt, made elsewhere, still verifies', async () => {
    const plain = await bcrypt.hash(PASSWORD, 4);
    expect(await hasher.verify(PASSWORD, plain)).toBe(true);
    expect(await hasher.verify('wrong', plain)).toBe(false);
    expect(await hasher.verify(PASSWORD, plain.replace('$2b$', '$2a$'))).toBe(true);
  });

  it('S3: of argon2id names its parameters: 19 MiB, two passes, one lane', async () => {
    const hash = await argon2id.hash(PASSWORD);
    expect(hash).toMatch(/^\{hmac-sha256\}\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22,}\$[\w+/]{43}$/);
    expect(hash.length).toBeLessThanOrEqual(256);
    expect(await argon2id.verify(PASSWORD, hash)).toBe(true);
    expect(await argon2id.verify(`${PASSWORD}!`, hash)).toBe(false);
  });

  it('S4: verifies whichever algorithm is configured', async () => {
    expect(await argon2id.verify(PASSWORD, await hasher.hash(PASSWORD))).toBe(true);
    expect(await hasher.verify(PASSWORD, await argon2id.hash(PASSWORD))).toBe(true);
  });
});

describe('S4: a hash that is behind', () => {
  it('is one of another algorithm, weaker parameters or without the keyed digest', async () => {
    const [own, stronger, argon2, plain] = await Promise.all([
      hasher.hash(PASSWORD),
      hasherWith({ BCRYPT_COST: '5' }).hash(PASSWORD),
      argon2id.hash(PASSWORD),
      bcrypt.hash(PASSWORD, 4),
    ]);
    const behind = (by: PasswordHasher) => [own, stronger, argon2, plain].map((hash) => by.isBehind(hash));
    expect(behind(hasher)).toEqual([false, false, true, true]);
    expect(behind(hasherWith({ BCRYPT_COST: '5' }))).toEqual([true, false, true, true]);
    expect(behind(argon2id)).toEqual([true, true, false, true]);
    expect(argon2id.isBehind(argon2.replace('m=19456', 'm=9728'))).toBe(true);
    expect(argon2id.isBehind(argon2.replace('t=2', 't=1'))).toBe(true);
  });
});

describe('S8: whoever has no password', () => {
  it.each([
    ['nobody', () => hasher.pretend(PASSWORD)],
    ['an unusable one', () => hasher.verify(PASSWORD, PasswordHasher.UNUSABLE)],
    ['an empty one', () => hasher.verify(PASSWORD, '')],
    ['a damaged one of bcrypt', () => hasher.verify(PASSWORD, '{hmac-sha256}$2b$04$tooshort')],
    ['a damaged one of argon2id', () => hasher.verify(PASSWORD, '$argon2id$v=19$m=19456,t=2,p=1$AAAA$BBBB')],
    ['one of an unknown scheme', () => hasher.verify(PASSWORD, '$scrypt$ln=16,r=8,p=1$AAAA$BBBB')],
    ['a password in clear', () => hasher.verify(PASSWORD, PASSWORD)],
  ])('is refused after the work of one bcrypt hash of the same cost: %s', async (_, refuse) => {
    compare.mockClear();
    expect(await refuse()).toBe(false);
    expect(compare).toHaveBeenCalledTimes(1);
    const [digest, dummy] = compare.mock.calls[0] ?? ['', ''];
    expect(bcrypt.getRounds(dummy)).toBe(4);
    // bcrypt answers at once, without work, to a hash it cannot read. It can read this one: it hashes with its salt.
    expect(await bcrypt.hash(digest, dummy.slice(0, 29))).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{53}$/);
  });

  it('is refused with the same input length as everybody', async () => {
    compare.mockClear();
    await hasher.pretend('x');
    await hasher.pretend('x'.repeat(10_000));
    await hasher.verify('x', await hasher.hash('y'));
    expect(new Set(compare.mock.calls.map(([digest]) => digest.length))).toEqual(new Set([44]));
  });

  it('is refused whatever is guessed, the text of the marker too', async () => {
    for (const guess of ['', '!', PasswordHasher.UNUSABLE, 'null', PASSWORD])
      expect(await hasher.verify(guess, PasswordHasher.UNUSABLE)).toBe(false);
  });

  it('does the work of the configured cost, not of a fixed one', async () => {
    compare.mockClear();
    await hasherWith({ BCRYPT_COST: '5' }).pretend(PASSWORD);
    expect(compare.mock.calls.map(([, dummy]) => bcrypt.getRounds(dummy))).toEqual([5]);
  });
});

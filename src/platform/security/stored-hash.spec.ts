import { hash as argon2Hash } from '@node-rs/argon2';
import * as bcrypt from 'bcrypt';
import { platformConfig } from '../../../test/support/environment.js';
import { PasswordHasher } from './password-hasher.js';
import { verifiableHash } from './stored-hash.js';

const PASSWORD = 'correct horse battery staple';
const config = platformConfig();
const hasher = PasswordHasher.of(config);
const SMALL = { memoryCost: 64, timeCost: 1, parallelism: 1 };
/** Algorithms of argon2 by number: 2d, 2i, 2id; versions: 0x10, 0x13. */
const ARGON2 = [0, 1, 2].flatMap((algorithm) => [0, 1].map((version) => ({ algorithm, version })));

describe('F23: a hash from elsewhere', () => {
  it.each(['2a', '2b', '2y'])('of bcrypt $%s$ verifies', async (version) => {
    const stored = (await bcrypt.hash(PASSWORD, 4)).replace('$2b$', `$${version}$`);
    expect(await hasher.verify(PASSWORD, stored)).toBe(true);
    expect(await hasher.verify(`${PASSWORD}!`, stored)).toBe(false);
    // It is replaced by one of ours at the next sign-in.
    expect(hasher.isBehind(stored)).toBe(true);
  });

  it.each([
    ['$2y$', '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq'],
    ['$2a$', '$2a$07$usesomesillystringfore2uDLvp1Ii2e./U9C8sBjqp8I90dH6hi'],
  ])('of another implementation, %s of crypt(3), verifies', async (_, stored) => {
    expect(await hasher.verify('rasmuslerdorf', stored)).toBe(true);
    expect(await hasher.verify('rasmuslerdorG', stored)).toBe(false);
  });

  it.each(ARGON2)('of argon2 verifies: algorithm $algorithm, version $version', async (kind) => {
    for (const parallelism of [1, 4]) {
      const stored = await argon2Hash(PASSWORD, { ...SMALL, ...kind, parallelism });
      expect(verifiableHash(stored)).toBe(stored);
      expect(await hasher.verify(PASSWORD, stored)).toBe(true);
      expect(await hasher.verify(`${PASSWORD}!`, stored)).toBe(false);
    }
  });

  it('of every size of salt and digest that is admitted verifies', async () => {
    for (const length of [12, 16, 24, 32, 64]) {
      const salt = Buffer.alloc(Math.min(length, 48), length);
      const stored = await argon2Hash(PASSWORD, { ...SMALL, outputLen: length, salt });
      expect([length, await hasher.verify(PASSWORD, stored)]).toEqual([length, true]);
    }
  });

  const ARGON2_PARTS =
    '$argon2id$v=19$m=64,t=1,p=1$xjy9GXKL0j630IXM/OjgzQ$+9WBLbBfniWOftVbmhagi7Ty8pMgNzltmeMbTUyYyuQ';
  const BCRYPT_PARTS = '$2b$04$abcdefghijklmnopqrstuu012345678901234567890123456789.';
  const changed = (whole: string, ...changes: readonly (readonly [string, string])[]) =>
    changes.map(([from, to]) => whole.replace(from, to));
  it('is refused where no library could compare with it: never an error, always the work', async () => {
    expect(verifiableHash(ARGON2_PARTS)).toBe(ARGON2_PARTS);
    expect(verifiableHash(BCRYPT_PARTS)).toBe(BCRYPT_PARTS);
    const refused = [
      ...changed(
        ARGON2_PARTS,
        ['v=19', 'v=18'],
        ['m=64', 'm=0'],
        ['m=64', 'm=7'],
        ['m=64', 'm=064'],
        ['m=64', 'm=1048577'],
        ['m=64', 'm=99999999999'],
        ['t=1', 't=0'],
        ['t=1', 't=101'],
        ['p=1', 'p=0'],
        ['p=1', 'p=9'],
        ['$xjy9GXKL0j630IXM/OjgzQ', '$xjy9GXKL0j630IXM/OjgzR'],
        ['$xjy9GXKL0j630IXM/OjgzQ', '$xjy9GXKL0j630'],
        ['$xjy9GXKL0j630IXM/OjgzQ', '$AAAA'],
        ['$argon2id', '$argon2x'],
        ['$+9WBLbBfniWOftVbmhagi7Ty8pMgNzltmeMbTUyYyuQ', '$BBBB'],
      ),
      ...changed(
        BCRYPT_PARTS,
        ['$2b$', '$2x$'],
        ['$2b$', '$2$'],
        ['$04$', '$03$'],
        ['$04$', '$17$'],
        ['$04$', '$31$'],
        ['tuu0', 'tuv0'],
        ['89.', '89/'],
      ),
    ];
    for (const stored of refused) {
      expect([stored, verifiableHash(stored)]).toEqual([stored, null]);
      expect(await hasher.verify(PASSWORD, stored)).toBe(false);
    }
  });
});

import { Secrets } from '../../src/platform/config/secrets.config.js';
import { TokensConfig } from '../../src/auth/tokens/tokens.config.js';
import { createPublicKey, sign, verify } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { SigningKey } from '../../src/auth/tokens/signing-key.entity.js';
import { SigningKeysRepository } from '../../src/auth/tokens/signing-keys.repository.js';
import { SigningKeys } from '../../src/auth/tokens/signing-keys.js';
import { Schedule } from '../../src/platform/schedule/schedule.js';
import { testConfig } from '../support/config.js';
import { type Fixture, only, openFixture, refusalOf } from './fixture.js';

interface Row {
  kid: string;
  algorithm: string;
  state: string;
  public_jwk: Record<string, unknown>;
  sealed_private_key: Buffer;
  activated_at: Date | null;
}

let db: Fixture;
const schedule = new Schedule();
beforeAll(async () => {
  db = await openFixture('keys');
});
afterAll(async () => {
  schedule.onApplicationShutdown();
  await db.close();
});
beforeEach(() => db.sql('TRUNCATE signing_key'));
afterEach(() => jest.restoreAllMocks());

async function start(env: Record<string, string> = {}): Promise<SigningKeys> {
  const repository = new SigningKeysRepository(db.dataSource.getRepository(SigningKey));
  const config = testConfig(env);
  const keys = new SigningKeys(repository, schedule, config.get(Secrets), config.get(TokensConfig));
  await keys.onModuleInit();
  return keys;
}
const rows = () => db.sql<Row>('SELECT * FROM signing_key ORDER BY created_at');

describe('the signing key', () => {
  it('is made at the first start and found at the next', async () => {
    const first = await start();
    const second = await start();
    expect(second.active.kid).toBe(first.active.kid);
    expect(second.publicKeys).toEqual(first.publicKeys);
    expect(only(await rows())).toMatchObject({ kid: first.active.kid, state: 'active', algorithm: 'RS256' });
    expect(only(await rows()).activated_at).toBeInstanceOf(Date);
    const message = Buffer.from('message');
    const key = second.findVerifying(second.active.kid);
    const signature = sign('sha256', message, first.active.privateKey);
    expect(key?.algorithm).toBe('RS256');
    expect(key && verify('sha256', message, key.publicKey, signature)).toBe(true);
  });

  it('is one, however many start at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => start()));
    expect(new Set(all.map((keys) => keys.active.kid)).size).toBe(1);
    expect(await rows()).toHaveLength(1);
    const another = `INSERT INTO signing_key SELECT 'other', algorithm, state, public_jwk, sealed_private_key FROM signing_key`;
    expect(await refusalOf(db.sql(another))).toBe('ux_signing_key_active');
  });

  it('S37: is published without its private members: RSA of 2048 bits, named by its thumbprint', async () => {
    const keys = await start();
    const jwk = only(keys.publicKeys);
    expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(jwk).toMatchObject({
      kty: 'RSA',
      alg: 'RS256',
      use: 'sig',
      kid: await calculateJwkThumbprint(jwk),
    });
    const { modulusLength } = createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails ?? {};
    expect(modulusLength).toBeGreaterThanOrEqual(2048);
    expect(Object.keys(only(await rows()).public_jwk).toSorted()).toEqual(Object.keys(jwk).toSorted());
  });

  it('S37: is one on P-256 where ES256 is configured, published without its private member', async () => {
    const keys = await start({ JWT_ALGORITHM: 'ES256' });
    const jwk = only(keys.publicKeys);
    expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(jwk).toMatchObject({
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      kid: await calculateJwkThumbprint(jwk),
    });
    expect(keys.active.algorithm).toBe('ES256');
    // A change of the setting counts for keys made from then on.
    expect((await start({ JWT_ALGORITHM: 'RS256' })).active.algorithm).toBe('ES256');
  });

  it('of another process counts here once it is read again; without one nothing is signed', async () => {
    const [one, other] = [await start(), await start()];
    await db.sql(`UPDATE signing_key SET state = 'retiring'`);
    await one.reload();
    expect(() => one.active).toThrow('npm run cli -- keys rotate');
    const { active } = await start();
    await other.reload();
    expect(other.active.kid).toBe(active.kid);
    expect(other.publicKeys).toHaveLength(2);
  });

  it('is nowhere in the database in clear', async () => {
    const keys = await start();
    const { sealed_private_key: sealed } = only(await rows());
    const der = keys.active.privateKey.export({ format: 'der', type: 'pkcs8' });
    const { d, p } = keys.active.privateKey.export({ format: 'jwk' });
    for (const secret of [
      der.subarray(30, 62),
      Buffer.from(d ?? '', 'base64url'),
      Buffer.from(p ?? '', 'base64url'),
    ]) {
      expect(secret.length).toBeGreaterThan(30);
      expect(sealed.includes(secret.subarray(0, 16))).toBe(false);
    }
  });

  it('sealed with another KEY_ENCRYPTION_SECRET is refused in words an operator understands', async () => {
    const { active } = await start();
    const other = 'Qm5Xw8Zk2Vn7Bt4Rj9Lp6Hd3Fs1Gc0Ya';
    const refusal = await start({ KEY_ENCRYPTION_SECRET: other }).catch((error: unknown) => error);
    expect(String(refusal)).toMatch(/sealed with another KEY_ENCRYPTION_SECRET.*Start with the secret/s);
    expect(String(refusal)).not.toContain(other);
    // Nothing was replaced: with the right secret it opens as before.
    expect((await start()).active.kid).toBe(active.kid);
  });

  it('moved to the row of another name does not open', async () => {
    await start();
    await db.sql(`UPDATE signing_key SET kid = 'another'`);
    await expect(start()).rejects.toThrow('KEY_ENCRYPTION_SECRET');
  });

  it('S38: verifies while it waits or retires, no longer when it is gone; only the active one signs', async () => {
    const { kid: first } = (await start()).active;
    await db.sql(`UPDATE signing_key SET state = 'retiring'`);
    const keys = await start();
    expect(keys.active.kid).not.toBe(first);
    expect(keys.findVerifying(first)).toBeDefined();
    expect(new Set(keys.publicKeys.map(({ kid }) => kid))).toEqual(new Set([first, keys.active.kid]));

    await db.sql(`UPDATE signing_key SET state = 'gone' WHERE kid = $1`, [first]);
    const later = await start();
    expect(later.active.kid).toBe(keys.active.kid);
    expect(later.findVerifying(first)).toBeUndefined();
    expect(later.publicKeys.map(({ kid }) => kid)).toEqual([keys.active.kid]);
  });

  it('S32: is found by its name only, without asking the database', async () => {
    const keys = await start();
    const query = jest.spyOn(db.dataSource.logger, 'logQuery');
    const names = [
      '',
      'x',
      '../../etc/passwd',
      `' OR 1=1 --`,
      'http://127.0.0.1/jwks',
      '__proto__',
      'x'.repeat(10_240),
    ];
    for (const kid of [...names, undefined, null, 1, [keys.active.kid], { kid: keys.active.kid }])
      expect(keys.findVerifying(kid)).toBeUndefined();
    expect(keys.findVerifying(keys.active.kid)).toBeDefined();
    expect(query).not.toHaveBeenCalled();
  });
});

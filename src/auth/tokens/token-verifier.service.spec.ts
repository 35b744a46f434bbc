import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import type { DatabaseClock } from '../../platform/database/database-clock.js';
import type { TokensConfig } from './tokens.config.js';
import { TokenVerifierService } from './token-verifier.service.js';
import type { VerifyingKeys } from './verifying-keys.js';

const NOW = 1_800_000_000;
const TOKENS = { issuer: 'http://gatehouse.test', audience: 'gatehouse' };
const GOOD = { iss: TOKENS.issuer, aud: TOKENS.audience, sub: '7', sid: '8', jti: 'a-b-c', iat: NOW };
const EXP = NOW + 900;

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const clock = { seconds: NOW };
const published = new Set(['key']);
const keys: VerifyingKeys = {
  findVerifying: (kid) => (published.has(String(kid)) ? { algorithm: 'ES256', publicKey } : undefined),
};
let verifier: TokenVerifierService;
beforeEach(() => {
  clock.seconds = NOW;
  published.add('key');
  verifier = new TokenVerifierService(keys, TOKENS as TokensConfig, clock as DatabaseClock);
});

const sign = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
  new SignJWT({ ...GOOD, exp: EXP, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'key', ...header })
    .sign(privateKey);

/** Whether a token is taken when it is this time; each time by a verifier that has not seen it before. */
async function isGood(token: string, now = NOW): Promise<boolean> {
  clock.seconds = now;
  const fresh = new TokenVerifierService(keys, TOKENS as TokensConfig, clock as DatabaseClock);
  return fresh.verify(token).then(
    () => true,
    () => false,
  );
}

describe('access tokens', () => {
  it('are good with signature, key, type, issuer, audience and claims as they are issued', async () => {
    expect(await verifier.verify(await sign({}))).toEqual({
      userId: 7,
      sessionId: 8,
      kid: 'key',
      iss: GOOD.iss,
      aud: GOOD.aud,
      jti: GOOD.jti,
      iat: NOW,
      exp: EXP,
    });
  });

  it('R23, S33: are good until thirty seconds after exp, by the clock that is given', async () => {
    const token = await sign({});
    expect(await isGood(token, EXP + 29)).toBe(true);
    expect(await isGood(token, EXP + 30)).toBe(false);
    expect(await isGood(await sign({ exp: 0 }))).toBe(false);
  });

  it('R23, S33: are good from thirty seconds before nbf', async () => {
    expect(await isGood(await sign({ nbf: NOW + 30 }))).toBe(true);
    expect(await isGood(await sign({ nbf: NOW + 31 }))).toBe(false);
    for (const odd of [null, '', String(NOW), true, {}, []])
      expect(await isGood(await sign({ nbf: odd }))).toBe(false);
  });

  it.each([
    ['of another issuer', { iss: 'http://other.test' }, {}],
    ['for another audience', { aud: 'other' }, {}],
    ['for two audiences', { aud: ['gatehouse', 'other'] }, {}],
    ['that never end', { exp: undefined }, {}],
    ['of another type', {}, { typ: 'JWT' }],
    ['of a type that only means the same', {}, { typ: 'application/at+jwt' }],
    ['of a key that is not ours', {}, { kid: 'other' }],
    ['of no named key', {}, { kid: undefined }],
  ])('S34: are not good %s', async (_, claims, header) => {
    expect(await isGood(await sign(claims, header))).toBe(false);
  });

  it('S38: are remembered, but no longer than their key is published and until exp', async () => {
    const token = await sign({});
    const claims = await verifier.verify(token);
    expect(await verifier.verify(token)).toBe(claims);
    clock.seconds = EXP;
    expect(await verifier.verify(token)).not.toBe(claims);
    published.clear();
    await expect(verifier.verify(token)).rejects.toThrow('not an access token of this service');
  });
});

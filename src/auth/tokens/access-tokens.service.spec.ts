import { generateKeyPairSync, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { JwtService } from '@nestjs/jwt';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { DatabaseClock } from '../../platform/database/database-clock.js';
import { AccessTokensService } from './access-tokens.service.js';
import type { SigningKeys } from './signing-keys.js';
import type { TokensConfig } from './tokens.config.js';
import type { SigningAlgorithm } from './verifying-keys.js';

const derive = promisify(pbkdf2);
/** More than there are threads. */
const MANY = 64;
const NOW = 1_800_000_000;
const CONFIG = { issuer: 'http://gatehouse.test', audience: 'gatehouse', accessTtl: 900 } as TokensConfig;
const SUBJECT = { userId: 7, sessionId: 8, amr: ['pwd'], authTime: NOW - 60 };
const PAIRS = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};

function tokensOf(algorithm: SigningAlgorithm): AccessTokensService {
  const { privateKey } = PAIRS[algorithm];
  const keys = { active: { kid: 'key', algorithm, privateKey } } as SigningKeys;
  return new AccessTokensService(new JwtService(), keys, CONFIG, { seconds: NOW } as DatabaseClock);
}

describe.each(['RS256', 'ES256'] as const)('an access token of %s', (algorithm) => {
  it('says what RFC 9068 asks for, and no more', async () => {
    const token = await tokensOf(algorithm).issue(SUBJECT);
    expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, typ: 'at+jwt', kid: 'key' });
    const currentDate = new Date(NOW * 1_000);
    const { payload } = await jwtVerify(token, PAIRS[algorithm].publicKey, { currentDate });
    expect(payload).toEqual({
      iss: CONFIG.issuer,
      aud: CONFIG.audience,
      sub: '7',
      client_id: 'gatehouse',
      sid: '8',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: NOW,
      exp: NOW + 900,
      auth_time: NOW - 60,
      amr: ['pwd'],
    });
  });

  it('says nothing of amr where nobody knows', async () => {
    const token = await tokensOf(algorithm).issue({ ...SUBJECT, amr: [] });
    const { payload } = await jwtVerify(token, PAIRS[algorithm].publicKey, {
      currentDate: new Date(NOW * 1_000),
    });
    expect(payload).not.toHaveProperty('amr');
  });
});

it('P5: RS256 signs on a thread of its own: it waits there for others, and not on the event loop', async () => {
  const tokens = tokensOf('RS256');
  await tokens.issue(SUBJECT);
  let derived = 0;
  const others = Array.from({ length: MANY }, async () => {
    await derive('password', 'salt', 10_000, 32, 'sha256');
    derived += 1;
  });
  await tokens.issue(SUBJECT);
  // The threads take them in the order they came; on the loop it would be done before any of them can say that it is.
  expect(derived).toBeGreaterThan(0);
  await Promise.all(others);
});

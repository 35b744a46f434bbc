import { generateKeyPairSync } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { JwtService } from '@nestjs/jwt';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { DatabaseClock } from '../../platform/database/database-clock.js';
import { AccessTokensService } from './access-tokens.service.js';
import type { SigningKeys } from './signing-keys.js';
import type { TokensConfig } from './tokens.config.js';
import type { SigningAlgorithm } from './verifying-keys.js';

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

it('P5: the event loop turns while RS256 signs', async () => {
  const tokens = tokensOf('RS256');
  await tokens.issue(SUBJECT);
  const signing = { isDone: false };
  const signed = Promise.all(Array.from({ length: 20 }, () => tokens.issue(SUBJECT))).finally(() => {
    signing.isDone = true;
  });
  let turns = 0;
  for (; !signing.isDone; turns += 1) await nextTurn();
  await signed;
  // On the loop: all of them in the first turn.
  expect(turns).toBeGreaterThan(10);
});

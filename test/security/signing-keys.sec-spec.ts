import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, createRemoteJWKSet, type JWK, jwtVerify } from 'jose';
import { LEEWAY } from '../../src/auth/tokens/access-token-claims.js';
import { KeyRotation, PUBLISH_AHEAD } from '../../src/auth/tokens/key-rotation.js';
import { SigningKeysRepository } from '../../src/auth/tokens/signing-keys.repository.js';
import { SigningKeys } from '../../src/auth/tokens/signing-keys.js';
import { JWKS_MAX_AGE } from '../../src/auth/tokens/well-known.controller.js';
import { startApp, type TestApp } from '../support/app.js';
import { type Cluster, startCluster, tally } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { ecdsa, forge, hmac, rsa, unsigned } from '../support/forge.js';
import { claimsOf, headerOf, refresh, signIn, statusOf } from '../support/tokens.js';

const JWKS = '//.well-known/jwks.json';

/** What the schedule of every instance does within ten seconds. */
async function reload({ a, b }: Cluster): Promise<void> {
  for (const { app } of [a, b]) await app.get(SigningKeys).reload();
}

async function age(service: TestApp, state: string, seconds: number): Promise<void> {
  await service.sql(
    `UPDATE signing_key SET state_changed_at = now() - make_interval(secs => $2) WHERE state::text = $1`,
    [state, seconds],
  );
}

async function states(service: TestApp): Promise<Record<string, number>> {
  const rows = await service.sql<{ state: string }>('SELECT state::text AS state FROM signing_key');
  return tally(rows.map(({ state }) => state));
}

describe('key rotation', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.close());

  it('S38: keys rotate under load without one refused token, here and at a verifier', async () => {
    const { a, b } = cluster;
    const statuses: number[] = [];
    const kids = new Set<unknown>();
    const keySet = createRemoteJWKSet(new URL(`${a.api.base}/.well-known/jwks.json`), {
      cooldownDuration: 0,
    });
    const { issuer, audience } = { issuer: 'http://gatehouse.test', audience: 'gatehouse' };
    const load = { isRunning: true };
    const rounds = [0, 0, 0, 0];
    const firstTokens: string[] = [];
    while (firstTokens.length < rounds.length) {
      const { email } = await a.factory.user({ signIn: false });
      firstTokens.push((await signIn(a.api, email)).refresh);
    }
    const clients = firstTokens.map(async (first, client) => {
      let token = first;
      while (load.isRunning) {
        const answer = await refresh(client % 2 === 0 ? a.api : b.api, token);
        token = answer.body.refresh_token;
        const access = answer.body.access_token;
        kids.add(headerOf(access).kid);
        statuses.push(answer.status, await statusOf(a.api, access), await statusOf(b.api, access));
        await jwtVerify(access, keySet, { issuer, audience, typ: 'at+jwt', algorithms: ['RS256'] });
        rounds[client] = (rounds[client] ?? 0) + 1;
      }
    });
    /** Every token in use has been issued since. */
    const everybodyRefreshed = async () => {
      const before = [...rounds];
      await eventually(() => rounds.every((count, client) => count >= (before[client] ?? 0) + 2), 10_000);
    };

    try {
      for (let rotation = 0; rotation < 4; rotation += 1) {
        await a.app.get(KeyRotation).begin();
        await reload(cluster);
        await a.app.get(KeyRotation).advance();
        expect(await states(a)).toMatchObject({ active: 1, pending: 1 });
        await age(a, 'pending', PUBLISH_AHEAD);
        // One instance takes the step; the other goes on signing with the key before until it looks again.
        await a.app.get(KeyRotation).advance();
        expect(await states(a)).toMatchObject({ active: 1, retiring: 1 });
        await everybodyRefreshed();
        await reload(cluster);
        await everybodyRefreshed();
        await age(a, 'retiring', 900 + LEEWAY + JWKS_MAX_AGE + 1);
        await b.app.get(KeyRotation).advance();
        await reload(cluster);
        expect(await states(a)).toEqual({ active: 1, gone: rotation + 1 });
      }
      await everybodyRefreshed();
    } finally {
      load.isRunning = false;
      await Promise.all(clients);
    }
    expect(tally(statuses)).toEqual({ 200: statuses.length });
    expect(kids.size).toBe(5);
    expect(statuses.length).toBeGreaterThan(100);
  }, 60_000);

  it('S38: a key is published before it signs and as long as tokens of it live; one rotation at a time', async () => {
    const { a, b } = cluster;
    const published = async () => (await b.api.get<{ keys: JWK[] }>(JWKS)).body.keys.map(({ kid }) => kid);
    const old = a.app.get(SigningKeys).active.kid;
    const [next, same] = await Promise.all([a.app.get(KeyRotation).begin(), b.app.get(KeyRotation).begin()]);
    expect(next).toBe(same);
    await reload(cluster);
    expect(new Set(await published())).toEqual(new Set([old, next]));
    await age(a, 'pending', PUBLISH_AHEAD - 1);
    await a.app.get(KeyRotation).advance();
    expect(a.app.get(SigningKeys).active.kid).toBe(old);
    await age(a, 'pending', PUBLISH_AHEAD);
    await Promise.all([a.app.get(KeyRotation).advance(), b.app.get(KeyRotation).advance()]);
    await reload(cluster);
    expect(b.app.get(SigningKeys).active.kid).toBe(next);
    // A token of the old key lives 900 s; verifiers keep keys for 300 s.
    await age(a, 'retiring', 900 + JWKS_MAX_AGE);
    await a.app.get(KeyRotation).advance();
    expect(await published()).toContain(old);
    await age(a, 'retiring', 900 + LEEWAY + JWKS_MAX_AGE + 1);
    await a.app.get(KeyRotation).advance();
    await reload(cluster);
    expect(await published()).toEqual([next]);
  });

  it('S38: an active key that is old enough is followed by the next one', async () => {
    const { a } = cluster;
    await age(a, 'active', 89 * 86_400);
    await a.app.get(KeyRotation).advance();
    expect((await states(a)).pending).toBeUndefined();
    await age(a, 'active', 91 * 86_400);
    await a.app.get(KeyRotation).advance();
    expect((await states(a)).pending).toBe(1);
  });

  it('S38: tokens of a withdrawn key are refused, remembered or not; the key set drops it and signing goes on', async () => {
    const { a, b } = cluster;
    const user = await a.factory.user({ signIn: false });
    const { access, refresh: token } = await signIn(a.api, user.email);
    for (const { api } of [a, b]) expect(await statusOf(api, access)).toBe(200);
    const kid = String(headerOf(access).kid);
    expect(await a.app.get(KeyRotation).withdraw(kid)).toBe(true);
    expect(await statusOf(a.api, access)).toBe(401);
    await b.app.get(SigningKeys).reload();
    expect(await statusOf(b.api, access)).toBe(401);
    for (const { api } of [a, b]) {
      const { keys } = (await api.get<{ keys: JWK[] }>(JWKS)).body;
      expect(keys.map((key) => key.kid)).not.toContain(kid);
    }
    const next = await refresh(b.api, token);
    expect(next.status).toBe(200);
    for (const { api } of [a, b]) expect(await statusOf(api, next.body.access_token)).toBe(200);
    expect(await a.app.get(KeyRotation).withdraw(kid)).toBe(false);
    expect(await a.app.get(KeyRotation).withdraw('unknown')).toBe(false);
  });

  it('S38: a flood of unknown key ids asks the database for nothing', async () => {
    const { a } = cluster;
    const user = await a.factory.user();
    const header = headerOf(user.token);
    const reads = jest.spyOn(a.app.get(SigningKeysRepository), 'findPublished');
    const sign = rsa(a.app.get(SigningKeys).active.privateKey);
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => {
          const kid = randomBytes(32).toString('base64url');
          return statusOf(a.api, forge({ ...header, kid }, claimsOf(user.token), sign));
        }),
      );
      expect(tally(answers)).toEqual({ 401: 100 });
    }
    // The schedule may have looked once within that time.
    expect(reads.mock.calls.length).toBeLessThanOrEqual(1);
    reads.mockRestore();
  });
});

describe('with ES256', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startApp({ env: { JWT_ALGORITHM: 'ES256' } });
  });
  afterAll(() => service.close());

  it('S37: the key set has one P-256 key with public members only', async () => {
    const { keys } = (await service.api.get<{ keys: JWK[] }>(JWKS)).body;
    expect(keys).toHaveLength(1);
    for (const key of keys) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(key).toMatchObject({
        kty: 'EC',
        crv: 'P-256',
        alg: 'ES256',
        kid: await calculateJwkThumbprint(key),
      });
    }
  });

  it('S31: tokens are signed with ES256 and no other algorithm is taken', async () => {
    const user = await service.factory.user();
    const [header, claims] = [headerOf(user.token), claimsOf(user.token)];
    const { privateKey } = service.app.get(SigningKeys).active;
    expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(await statusOf(service.api, user.token)).toBe(200);
    expect(await statusOf(service.api, forge(header, claims, ecdsa(privateKey)))).toBe(200);
    const pem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
    const strangers = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const forged = {
      'another key': forge(header, claims, ecdsa(strangers.privateKey)),
      none: forge({ ...header, alg: 'none' }, claims, unsigned),
      RS256: forge({ ...header, alg: 'RS256' }, claims, rsa(stranger.privateKey)),
      HS256: forge({ ...header, alg: 'HS256' }, claims, hmac(pem)),
      // r = s = 0: the check some verifiers forgot (CVE-2022-21449).
      zeros: forge(header, claims, () => Buffer.alloc(64)),
    };
    for (const [name, token] of Object.entries(forged)) {
      expect([name, await statusOf(service.api, token)]).toEqual([name, 401]);
    }
  });

  it('S31: after a change of the algorithm tokens of both live on, each under its own key only', async () => {
    const user = await service.factory.user({ signIn: false });
    const { access } = await signIn(service.api, user.email);
    const changed = await startApp({ databaseUrl: service.databaseUrl, env: { JWT_ALGORITHM: 'RS256' } });
    await changed.app.get(KeyRotation).begin();
    await age(changed, 'pending', PUBLISH_AHEAD);
    await changed.app.get(KeyRotation).advance();
    const { access: next } = await signIn(changed.api, user.email);
    expect([headerOf(access).alg, headerOf(next).alg]).toEqual(['ES256', 'RS256']);
    for (const token of [access, next]) expect(await statusOf(changed.api, token)).toBe(200);
    const { privateKey } = changed.app.get(SigningKeys).active;
    const crossed = forge({ ...headerOf(next), kid: headerOf(access).kid }, claimsOf(next), rsa(privateKey));
    expect(await statusOf(changed.api, crossed)).toBe(401);
    await changed.close();
  });
});

import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { calculateJwkThumbprint, CompactEncrypt, type JWK } from 'jose';
import { SigningKeys } from '../../src/auth/tokens/signing-keys.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import type { TestUser } from '../support/factory.js';
import { ecdsa, forge, hmac, pss, rsa, type Signer, unsigned } from '../support/forge.js';
import { sendRaw } from '../support/raw-http.js';
import { claimsOf, headerOf, refresh, type SignedIn, signIn, statusOf } from '../support/tokens.js';
import { tokenTo } from '../support/letters.js';

const MINUTE = 60;
const seconds = () => Math.floor(Date.now() / 1000);

let service: TestApp;
let user: TestUser;
let tokens: SignedIn;
let header: Record<string, unknown>;
let claims: Record<string, unknown>;
let privateKey: KeyObject;
let signer: Signer;
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const strangerEc = generateKeyPairSync('ec', { namedCurve: 'P-256' });

beforeAll(async () => {
  service = await startApp();
  user = await service.factory.user({ signIn: false });
  tokens = await signIn(service.api, user.email);
  header = headerOf(tokens.access);
  claims = claimsOf(tokens.access);
  privateKey = service.app.get(SigningKeys).active.privateKey;
  signer = rsa(privateKey);
});
afterAll(() => service.close());

/** Refused with 401 and the challenge of RFC 6750, whatever the token is; and the service lives on. */
async function expectRefused(token: string, name: string): Promise<void> {
  const answer = await service.api.get('/users/me', { token });
  expect([name, answer.status, answer.headers['www-authenticate']]).toEqual([
    name,
    401,
    'Bearer error="invalid_token"',
  ]);
}

it('S31: what these tests forge with the right key and claims is accepted: they refuse for their reason', async () => {
  expect(await statusOf(service.api, forge(header, claims, signer))).toBe(200);
});

it('S31: only the algorithm of the key is taken', async () => {
  const publicKey = createPublicKey(privateKey);
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const jwk = publicKey.export({ format: 'jwk' });
  const other: readonly [string, Signer][] = [
    ...['none', 'None', 'NONE', 'nOnE', ''].map((alg): [string, Signer] => [alg, unsigned]),
    ['HS256', hmac(pem)],
    ['HS256', hmac(pem.toString().trim())],
    ['HS256', hmac(JSON.stringify(jwk))],
    ['HS256', hmac(publicKey.export({ type: 'spki', format: 'der' }))],
    ['HS256', hmac(String(jwk.n))],
    ['HS256', hmac('')],
    ['PS256', pss(privateKey)],
    ['RS384', rsa(privateKey, 384)],
    ['RS512', rsa(privateKey, 512)],
    ['ES256', ecdsa(strangerEc.privateKey)],
    ['rs256', signer],
    ['RS256', rsa(stranger.privateKey)],
    ['RS256', unsigned],
  ];
  for (const [alg, sign] of other) await expectRefused(forge({ ...header, alg }, claims, sign), alg);
  for (const alg of [null, 1, ['RS256'], undefined]) {
    await expectRefused(forge({ ...header, alg }, claims, signer), String(alg));
  }
  const [head = '', , signature = ''] = tokens.access.split('.');
  const altered = Buffer.from(JSON.stringify({ ...claims, sub: '999999' })).toString('base64url');
  await expectRefused(`${head}.${altered}.${signature}`, 'altered payload');
});

describe('with a listener the token points to', () => {
  let listener: Server;
  let connections = 0;
  beforeAll(async () => {
    listener = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => listener.close());

  it('S32: `kid` is looked up among our keys, nothing more', async () => {
    const url = `http://127.0.0.1:${(listener.address() as { port: number }).port}/jwks.json`;
    const kids: readonly unknown[] = [
      '../../../../dev/null',
      '/etc/passwd',
      "' OR '1'='1",
      "x'; DROP TABLE signing_key; --",
      url,
      'x'.repeat(5_000),
      '__proto__',
      'constructor',
      'toString',
      '',
      'a\u0000b',
      [header.kid],
      { kid: header.kid },
      1,
      true,
      null,
      undefined,
    ];
    for (const kid of kids) {
      await expectRefused(forge({ ...header, kid }, claims, signer), `kid ${JSON.stringify(kid)}`);
    }
    expect(connections).toBe(0);
  });

  it('S32: keys the token brings along or points to are ignored', async () => {
    const url = `http://127.0.0.1:${(listener.address() as { port: number }).port}/`;
    const jwk = stranger.publicKey.export({ format: 'jwk' });
    const sign = rsa(stranger.privateKey);
    const x5c = [stranger.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')];
    for (const extra of [{ jku: url }, { x5u: url }, { jwk }, { x5c }]) {
      const [name = ''] = Object.keys(extra);
      await expectRefused(forge({ ...header, ...extra }, claims, sign), name);
      await expectRefused(forge({ ...header, ...extra, kid: undefined }, claims, sign), `${name} alone`);
    }
    expect(connections).toBe(0);
  });

  it('S32: a token of 10 KB in `kid` gets a 4xx, and the service lives', async () => {
    const token = forge({ ...header, kid: 'k'.repeat(10_240) }, claims, signer);
    expect((await service.api.get('/users/me', { token })).status).toBeGreaterThanOrEqual(400);
    expect((await service.api.get('/users/me', { token })).status).toBeLessThan(500);
    expect(await statusOf(service.api, tokens.access)).toBe(200);
  });
});

it('F18, S33: every claim is required and checked', async () => {
  const { iat, exp } = claims as { iat: number; exp: number };
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    iss: [undefined, '', 'http://evil.test', `${String(claims.iss)}/`, [claims.iss], 1],
    aud: [undefined, '', 'another', ['another'], [claims.aud], 1],
    exp: [undefined, seconds() - 31, seconds() - MINUTE, '2999-01-01', String(exp), null, -1],
    iat: [undefined, '0', null],
    sub: [
      undefined,
      '',
      '0',
      '-1',
      '01',
      '1e3',
      '2147483648',
      'null',
      Number(claims.sub),
      [claims.sub],
      '999999',
    ],
    sid: [undefined, '', '0', '01', '9007199254740992', Number(claims.sid), '999999'],
    jti: [undefined, 1, null],
    nbf: [seconds() + 45, seconds() + MINUTE],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const token = forge(header, { ...claims, [name]: value }, signer);
      await expectRefused(token, `${name} ${JSON.stringify(value)}`);
    }
  }
  // F18: clocks differ; and `iat` says only how old a token is (RFC 7519 section 4.1.6).
  for (const fine of [
    { nbf: seconds() - 1 },
    { nbf: seconds() + 20 },
    { exp: seconds() - 20 },
    { iat: iat - 1 },
    { iat: iat + 20 },
    { iat: iat + 600, exp: exp + 600 },
  ]) {
    expect(await statusOf(service.api, forge(header, { ...claims, ...fine }, signer))).toBe(200);
  }
});

it('S33: a session of somebody else is of no use', async () => {
  const other = await service.factory.user();
  const { sid } = claimsOf(other.token);
  await expectRefused(forge(header, { ...claims, sid }, signer), 'the sid of another user');
});

it('S34: no kind of token is taken for another', async () => {
  const admin = await service.factory.superAdmin();
  const reset = await tokenTo(service, user.email, () =>
    service.api.post(`/users/${user.id}/password-reset`, { token: admin.token }),
  );
  expect(reset).toMatch(/^pr_/);
  const typed = (typ: unknown) => forge({ ...header, typ }, claims, signer);
  const others = [
    'JWT',
    'jwt',
    '',
    'id+jwt',
    'rt+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'AT+JWT',
    null,
    undefined,
  ];
  for (const typ of others) await expectRefused(typed(typ), `typ ${String(typ)}`);
  for (const token of [tokens.refresh, reset]) await expectRefused(token, 'opaque token as bearer');

  for (const token of [tokens.access, reset, typed('JWT')]) {
    const answer = await refresh(service.api, token.slice(0, 256));
    expect([answer.status, (await refresh(service.api, token)).status < 500]).toEqual([401, true]);
  }
  for (const token of [tokens.access.slice(0, 128), tokens.refresh]) {
    const body = { token, newPassword: 'paper lantern over water' };
    const answer = await service.api.post('/auth/password/reset', { body });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_reset_token']);
  }
  expect(await statusOf(service.api, tokens.access)).toBe(200);
});

it('S34: a token of another environment with the same keys is refused', async () => {
  for (const env of [
    { JWT_ISSUER: 'https://staging.example.com' },
    { JWT_AUDIENCE: 'staging' },
  ] as readonly Record<string, string>[]) {
    const staging = await startApp({ databaseUrl: service.databaseUrl, env });
    const { access } = await signIn(staging.api, user.email);
    expect(await statusOf(staging.api, access)).toBe(200);
    await expectRefused(access, JSON.stringify(env));
    await staging.close();
  }
});

it('S35: odd shapes are refused', async () => {
  const [head = '', payload = '', signature = ''] = tokens.access.split('.');
  const text = JSON.stringify(claims);
  const twice = `${text.slice(0, -1)},"sub":"1"}`;
  const jwe = await new CompactEncrypt(Buffer.from(tokens.access))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt', kid: String(header.kid) })
    .encrypt(createSecretKey(Buffer.alloc(32)));
  const cases: Readonly<Record<string, string>> = {
    crit: forge({ ...header, crit: ['exp'] }, claims, signer),
    'unknown crit': forge({ ...header, crit: ['x-unknown'], 'x-unknown': true }, claims, signer),
    'empty crit': forge({ ...header, crit: [] }, claims, signer),
    'b64 false': forge({ ...header, b64: false, crit: ['b64'] }, claims, signer),
    'b64 alone': forge({ ...header, b64: false }, claims, signer),
    JWE: jwe,
    'two parts': `${head}.${payload}`,
    'four parts': `${tokens.access}.x`,
    'five parts': `${head}.${payload}.${signature}.x.y`,
    'one part': head,
    'only dots': '..',
    'payload with a member twice': `${head}.${Buffer.from(twice).toString('base64url')}.${signature}`,
    'header with alg twice': forge(
      `{"alg":"RS256",${JSON.stringify({ ...header, alg: 'none' }).slice(1)}`,
      claims,
      unsigned,
    ),
    'payload that is no object': forge(header, '"text"', signer),
    'payload that is an array': forge(header, [claims], signer),
    'payload that is no JSON': forge(header, '{', signer),
    'header that is no JSON': forge('{', claims, signer),
    'header that is null': forge('null', claims, signer),
    'more than 8 KB': forge(header, { ...claims, filler: 'x'.repeat(7_000) }, signer),
  };
  for (const [name, token] of Object.entries(cases)) await expectRefused(token, name);
});

it('F17, S36: an access token lives 15 minutes and says who, in which session and how they signed in, nothing else', () => {
  expect(Object.keys(claims).toSorted()).toEqual([
    'amr',
    'aud',
    'auth_time',
    'client_id',
    'exp',
    'iat',
    'iss',
    'jti',
    'sid',
    'sub',
  ]);
  expect(Number(claims.exp) - Number(claims.iat)).toBe(15 * MINUTE);
  expect(claims).toMatchObject({
    sub: String(user.id),
    client_id: 'gatehouse',
    sid: String(tokens.sessionId),
  });
  expect(header).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: expect.any(String) as string });
  expect(tokens.access).not.toContain(Buffer.from(user.email).toString('base64url').slice(0, 8));
});

it('S37: the key set has public members only, named by their thumbprint, and may be kept', async () => {
  const answer = await service.api.get<{ keys: JWK[] }>('//.well-known/jwks.json');
  expect(answer.body.keys).toHaveLength(1);
  for (const key of answer.body.keys) {
    expect(Object.keys(key).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(key).toMatchObject({
      kty: 'RSA',
      alg: 'RS256',
      use: 'sig',
      kid: await calculateJwkThumbprint(key),
    });
    expect(Buffer.from(key.n ?? '', 'base64url').length * 8).toBeGreaterThanOrEqual(2048);
  }
  expect(answer.headers['cache-control']).toBe('public, max-age=300');
  const etag = String(answer.headers.etag);
  const again = await service.api.get('//.well-known/jwks.json', { headers: { 'if-none-match': etag } });
  expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag]);
  const stale = await service.api.get('//.well-known/jwks.json', { headers: { 'if-none-match': '"old"' } });
  expect(stale.status).toBe(200);
});

it('S38: what is remembered of a token is bound to all of it and ends with it', async () => {
  expect(await statusOf(service.api, tokens.access)).toBe(200);
  const [head = '', payload = '', signature = ''] = tokens.access.split('.');
  const flipped = Buffer.from(signature, 'base64url');
  flipped.writeUInt8((flipped[0] ?? 0) ^ 1, 0);
  await expectRefused(
    `${head}.${payload}.${flipped.toString('base64url')}`,
    'another signature, same claims',
  );
  await expectRefused(`${head}.${payload}.`, 'no signature, same claims');
  // Within the leeway of thirty seconds, and remembered; then over.
  const ending = forge(header, { ...claims, exp: seconds() - 29 }, signer);
  expect(await statusOf(service.api, ending)).toBe(200);
  await eventually(async () => (await statusOf(service.api, ending)) === 401, 3_000, 50);
});

it('S39: a token is taken from one Authorization header only', async () => {
  const { access } = tokens;
  for (const query of ['access_token', 'token', 'bearer', 'authorization']) {
    const answer = await service.api.get(`/users/me?${query}=${access}`);
    expect([query, answer.status]).toEqual([query, 401]);
  }
  const inBody = await service.api.patch('/users/me', { body: { access_token: access, firstName: 'Ada' } });
  expect(inBody.status).toBe(401);
  for (const name of ['access_token', 'token', '__Host-sid', '__Host-session', 'authorization']) {
    const answer = await service.api.get('/users/me', { headers: { cookie: `${name}=${access}` } });
    expect([name, answer.status]).toEqual([name, 401]);
  }
  const schemes = [
    `Basic ${access}`,
    access,
    `Token ${access}`,
    `Bearer ${access} ${access}`,
    `Bearer`,
    `BearerX ${access}`,
  ];
  for (const authorization of schemes) {
    const answer = await service.api.get('/users/me', { headers: { authorization } });
    expect([authorization.slice(0, 12), answer.status]).toEqual([authorization.slice(0, 12), 401]);
  }
  const lines = (...values: string[]) =>
    `GET /api/v1/users/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${values.map((value) => `Authorization: ${value}\r\n`).join('')}\r\n`;
  const good = `Bearer ${access}`;
  expect((await sendRaw(service.api.base, lines(good))).status).toBe(200);
  for (const pair of [
    [good, good],
    [good, 'Bearer x'],
    ['Bearer x', good],
    [good, 'Basic eA=='],
  ]) {
    expect((await sendRaw(service.api.base, lines(...pair))).status).toBe(401);
  }
});

it('S39: tokens leave in bodies that nobody may keep', async () => {
  for (const path of ['/auth/login', '/auth/refresh']) {
    const body = path.endsWith('login')
      ? { username: user.email, password: 'correct horse battery staple' }
      : { refresh_token: (await signIn(service.api, user.email)).refresh };
    const answer = await service.api.post(path, { body });
    expect([path, answer.status, answer.headers['cache-control']]).toEqual([path, 200, 'no-store']);
  }
});

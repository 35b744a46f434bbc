import { generateKeyPairSync } from 'node:crypto';
import { FakeGatehouse } from '../test/fake-gatehouse.js';
import { createAccess } from './access.js';
import { AccessUnavailable, AuthenticationRequired, InvalidAccessToken } from './errors.js';

const JWKS = '/.well-known/jwks.json';

let gatehouse: FakeGatehouse;
beforeEach(async () => {
  gatehouse = await FakeGatehouse.start();
});

const fetched = () => gatehouse.requests.filter((path) => path === JWKS).length;

describe('a token', () => {
  it('says who calls', async () => {
    const access = createAccess(gatehouse.options);
    const seconds = gatehouse.time / 1_000;
    expect(await access.verify(await gatehouse.token({ claims: { jti: 'a' } }))).toEqual({
      userId: 42,
      sessionId: 1071,
      tokenId: 'a',
      issuedAt: seconds,
      expiresAt: seconds + 900,
      methods: ['pwd'],
      signedInAt: seconds,
    });
  });

  it('may lack what tokens of older releases lack', async () => {
    const access = createAccess(gatehouse.options);
    const token = await gatehouse.token({ claims: { amr: undefined, auth_time: undefined } });
    expect(await access.verify(token)).toMatchObject({ methods: [], signedInAt: undefined });
  });

  it('has to come along', async () => {
    const access = createAccess(gatehouse.options);
    for (const token of [undefined, '']) {
      await expect(access.verify(token)).rejects.toThrow(AuthenticationRequired);
    }
    for (const header of [undefined, '', 'Basic abc', 'Bearer', 'Bearer a b']) {
      await expect(access.checkHeader(header)).rejects.toThrow(AuthenticationRequired);
    }
  });

  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  it.each<[string, Parameters<FakeGatehouse['token']>[0]]>([
    ['of another key', { key: other }],
    ['of a key nobody knows', { header: { kid: 'unknown' }, key: other }],
    ['of another type', { header: { typ: 'JWT' } }],
    ['of no type', { header: { typ: undefined } }],
    ['of another issuer', { claims: { iss: 'https://id.example.com.evil.example' } }],
    ['for another audience', { claims: { aud: 'other' } }],
    ['without subject', { claims: { sub: undefined } }],
    ['whose subject is no id', { claims: { sub: '42abc' } }],
    ['whose subject is zero', { claims: { sub: '0' } }],
    ['without session', { claims: { sid: undefined } }],
    ['without id', { claims: { jti: undefined } }],
    ['without end', { claims: { exp: undefined } }],
    ['with odd methods', { claims: { amr: 'pwd' } }],
    ['of a time to come', { claims: { nbf: Date.parse('2026-05-04T09:31:00Z') / 1_000 } }],
    ['with an extension nobody knows', { header: { crit: ['exp'] } }],
  ])('is refused: %s', async (_, parts) => {
    const access = createAccess(gatehouse.options);
    const token = await gatehouse.token(parts).catch(() => 'eyJhbGciOiJFUzI1NiIsImNyaXQiOlsieCJdfQ.e30.AA');
    await expect(access.verify(token)).rejects.toThrow(InvalidAccessToken);
  });

  it('is refused without a signature, with that of a symmetric algorithm, and when it is no token', async () => {
    const access = createAccess(gatehouse.options);
    const [, payload] = (await gatehouse.token()).split('.');
    const header = (alg: string) =>
      Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: gatehouse.signingKey.kid })).toString(
        'base64url',
      );
    const candidates = [
      `${header('none')}.${payload}.`,
      `${header('HS256')}.${payload}.AAAA`,
      `${header('PS256')}.${payload}.AAAA`,
      'a.b.c',
      'token',
      'x'.repeat(100_000),
      `${await gatehouse.token()}=`,
      `${await gatehouse.token()}\n`,
    ];
    for (const token of candidates) await expect(access.verify(token)).rejects.toThrow(InvalidAccessToken);
  });

  it('is good until it is over, and for as long as clocks may be apart', async () => {
    const access = createAccess({ ...gatehouse.options, clockTolerance: 30 });
    const token = await gatehouse.token();
    gatehouse.pass(929);
    await expect(access.verify(token)).resolves.toMatchObject({ userId: 42 });
    gatehouse.pass(1);
    await expect(access.verify(token)).rejects.toThrow(InvalidAccessToken);
  });
});

describe('the keys', () => {
  it('are fetched once for all who ask, and again when they are five minutes old', async () => {
    const access = createAccess(gatehouse.options);
    const token = await gatehouse.token();
    await Promise.all(Array.from({ length: 20 }, () => access.verify(token)));
    expect(fetched()).toBe(1);
    gatehouse.pass(299);
    await access.verify(token);
    expect(fetched()).toBe(1);
    gatehouse.pass(1);
    await Promise.all([access.verify(token), access.verify(token)]);
    expect(fetched()).toBe(2);
  });

  it('are fetched again for one nobody knows, but forged ones cannot make it ask for each request', async () => {
    const access = createAccess(gatehouse.options);
    await access.verify(await gatehouse.token());
    await gatehouse.rotate();
    const token = await gatehouse.token();
    const forged = await gatehouse.token({ header: { kid: 'forged' } });
    gatehouse.pass(29);
    await expect(access.verify(token)).rejects.toThrow(InvalidAccessToken);
    expect(fetched()).toBe(1);
    gatehouse.pass(1);
    const answers = Array.from({ length: 50 }, () => access.verify(forged));
    await expect(Promise.all(answers)).rejects.toThrow(InvalidAccessToken);
    await expect(access.verify(forged)).rejects.toThrow(InvalidAccessToken);
    await access.verify(token);
    expect(fetched()).toBe(2);
  });

  it('that were good last are used while no others can be had, for an hour', async () => {
    const access = createAccess({ ...gatehouse.options, keys: { keptFor: 3_600 } });
    const long = await gatehouse.token({ claims: { exp: gatehouse.time / 1_000 + 86_400 } });
    await access.verify(long);
    gatehouse.fault = () => Promise.reject(new TypeError('fetch failed'));
    gatehouse.pass(3_599);
    await access.verify(long);
    await access.verify(long);
    // A fetch that failed is not repeated at once.
    expect(fetched()).toBe(2);
    gatehouse.pass(1);
    await expect(access.verify(long)).rejects.toThrow(AccessUnavailable);
    gatehouse.fault = undefined;
    gatehouse.pass(2);
    await access.verify(long);
  });

  it('that were good last are not waited for again and again while Gatehouse does not answer', async () => {
    const access = createAccess(gatehouse.options);
    const token = await gatehouse.token();
    await access.verify(token);
    gatehouse.pass(300);
    gatehouse.fault = () => Promise.reject(new TypeError('fetch failed'));
    await access.verify(token);
    gatehouse.pass(2);
    let answer = () => {};
    gatehouse.gate = new Promise((resolve) => (answer = resolve));
    await Promise.all([access.verify(token), access.verify(token)]);
    expect(fetched()).toBe(3);
    gatehouse.fault = undefined;
    answer();
    await new Promise(setImmediate);
    gatehouse.pass(30);
    gatehouse.published = [];
    await gatehouse.rotate();
    await access.verify(await gatehouse.token());
    await expect(access.verify(token)).rejects.toThrow(InvalidAccessToken);
  });

  it('that cannot be used let nobody in, and nobody is blamed for it', async () => {
    gatehouse.published = [{ kty: 'EC', crv: 'P-256', kid: gatehouse.signingKey.kid, alg: 'ES256' }];
    const access = createAccess(gatehouse.options);
    await expect(access.verify(await gatehouse.token())).rejects.toThrow(AccessUnavailable);
  });

  it('that nobody can fetch make a token of an unknown key unknown, not refused', async () => {
    const access = createAccess(gatehouse.options);
    await access.verify(await gatehouse.token());
    await gatehouse.rotate();
    gatehouse.fault = () => new Response('', { status: 502 });
    gatehouse.pass(30);
    await expect(access.verify(await gatehouse.token())).rejects.toThrow(AccessUnavailable);
  });

  it.each([
    ['an error', () => new Response('', { status: 500 })],
    ['no JSON', () => new Response('<html>')],
    ['something else', () => Response.json({ hello: 1 })],
    ['no key', () => Response.json({ keys: [] })],
  ])('do not get lost when what answers is %s', async (_, fault) => {
    const access = createAccess(gatehouse.options);
    const token = await gatehouse.token();
    gatehouse.fault = fault;
    await expect(access.verify(token)).rejects.toThrow(AccessUnavailable);
    gatehouse.fault = undefined;
    gatehouse.pass(2);
    await access.verify(token);
    gatehouse.fault = fault;
    gatehouse.pass(301);
    await access.verify(token);
  });

  it('that were withdrawn are not taken once the set was fetched again', async () => {
    const access = createAccess(gatehouse.options);
    const token = await gatehouse.token();
    await access.verify(token);
    gatehouse.published = [];
    await gatehouse.rotate();
    gatehouse.pass(300);
    await expect(access.verify(token)).rejects.toThrow(InvalidAccessToken);
  });
});

it.each([
  { baseUrl: 'id.example.com' },
  { baseUrl: 'ftp://id.example.com' },
  { algorithms: [] },
  { algorithms: ['HS256' as 'RS256'] },
  { clockTolerance: 3_600 },
  { cacheFor: 61 },
  { cacheFor: Number.NaN },
  { timeout: 0 },
])('refuses options that cannot be right: %j', (options) => {
  expect(() => createAccess({ ...gatehouse.options, ...options })).toThrow(TypeError);
});

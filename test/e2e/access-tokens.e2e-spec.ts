import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SigningKeys } from '../../src/auth/tokens/signing-keys.js';
import type { ApiRequest } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import type { TestUser } from '../support/factory.js';
import { ecdsa, encode, forge, hmac, pss, rsa, type Signer, unsigned } from '../support/forge.js';
import { claimsOf } from '../support/tokens.js';
import type { Problem } from './shapes.js';

type Members = Readonly<Record<string, unknown>>;

let service: TestApp;
let user: TestUser;
let kid: string;
let privateKey: KeyObject;
let publicKey: KeyObject;
/** The id of a session of `user`. */
let sid: unknown;
beforeAll(async () => {
  service = await startApp();
  user = await service.factory.user();
  ({ kid, privateKey } = service.app.get(SigningKeys).active);
  publicKey = createPublicKey(privateKey);
  sid = claimsOf(user.token).sid;
});
afterAll(() => service.close());

const now = () => Math.floor(Date.now() / 1000);

/** A token as the service itself makes them, but for what is changed. Members that are undefined are left out. */
function token(changes: { header?: Members; claims?: Members; signer?: Signer } = {}): string {
  const header = { alg: 'RS256', typ: 'at+jwt', kid, ...changes.header };
  const claims = {
    iss: 'http://gatehouse.test',
    aud: 'gatehouse',
    sub: String(user.id),
    sid,
    jti: randomUUID(),
    iat: now(),
    exp: now() + 900,
    ...changes.claims,
  };
  return forge(header, claims, changes.signer ?? rsa(privateKey));
}

const me = (request: ApiRequest) => service.api.get<Problem>('/users/me', request);

async function expectRefused(forged: string): Promise<void> {
  const response = await me({ token: forged });
  expect(response.status).toBe(401);
  expect(response.body.code).toBe('invalid_access_token');
  expect(response.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
}

describe('an access token', () => {
  it('is taken when everything about it is right, which is what the forgeries below start from', async () => {
    expect((await me({ token: token() })).status).toBe(200);
  });

  it.each(['none', 'None', 'NONE', 'nOnE'])('S31: is refused with the algorithm %s', async (alg) => {
    await expectRefused(token({ header: { alg }, signer: unsigned }));
    await expectRefused(token({ header: { alg } }));
  });

  it.each([
    ['PEM', () => publicKey.export({ format: 'pem', type: 'spki' })],
    ['PKCS #1 PEM', () => publicKey.export({ format: 'pem', type: 'pkcs1' })],
    ['DER', () => publicKey.export({ format: 'der', type: 'spki' })],
    ['JWK', () => JSON.stringify(publicKey.export({ format: 'jwk' }))],
    ['modulus', () => String(publicKey.export({ format: 'jwk' }).n)],
    ['nothing', () => ''],
  ])('S31: is refused when it is signed by HMAC with the public key as %s', async (_, secret) => {
    await expectRefused(token({ header: { alg: 'HS256' }, signer: hmac(secret()) }));
    await expectRefused(token({ header: { alg: 'HS512' }, signer: hmac(secret(), 512) }));
    await expectRefused(token({ signer: hmac(secret()) }));
  });

  it('S31: is refused with another digest, padding or curve, though our key signed it', async () => {
    await expectRefused(token({ header: { alg: 'RS512' }, signer: rsa(privateKey, 512) }));
    await expectRefused(token({ signer: rsa(privateKey, 512) }));
    await expectRefused(token({ header: { alg: 'PS256' }, signer: pss(privateKey) }));
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await expectRefused(token({ header: { alg: 'ES256' }, signer: ecdsa(curve.privateKey) }));
  });

  it('S31: is refused when another RSA key signed it', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await expectRefused(token({ signer: rsa(other.privateKey) }));
  });

  it('S31: is refused when its claims or its header were changed after it was signed', async () => {
    const [header, claims, signature] = token().split('.');
    const administrator = await service.factory.user({ role: 'SuperAdmin', signIn: false });
    const changed = encode(
      Buffer.from(claims ?? '', 'base64url')
        .toString()
        .replace(`"${user.id}"`, `"${administrator.id}"`),
    );
    expect(changed).not.toBe(claims);
    await expectRefused(`${header}.${changed}.${signature}`);
    await expectRefused(`${encode({ alg: 'RS256', kid, typ: 'at+jwt' })}.${claims}.${signature}`);
    await expectRefused(`${header}.${claims}.`);
    await expectRefused(`${header}.${claims}.${encode('signature')}`);
  });

  it.each([
    ['missing', undefined],
    ['unknown', 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
    ['empty', ''],
    ['a path', '../../../../dev/null'],
    ['SQL', `x' UNION SELECT 'key' --`],
    ['an address', 'http://127.0.0.1:9/key'],
    ['a list', ['x']],
    ['an object', { kid: 'x' }],
    ['null', null],
    ['a number', 1],
    ['a member of every object', '__proto__'],
    ['a method of every object', 'constructor'],
    ['4 KB long', 'k'.repeat(4096)],
  ])('S32: is refused when its kid is %s', async (_, value) => {
    await expectRefused(token({ header: { kid: value } }));
    await expectRefused(token({ header: { kid: value }, signer: hmac('') }));
  });

  it('S32: brings no key along, and the addresses in it are not called', async () => {
    const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = { ...attacker.publicKey.export({ format: 'jwk' }), kid: 'theirs', alg: 'RS256', use: 'sig' };
    let calls = 0;
    const listener = createServer((_request, response) => {
      calls += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/jwks.json`;
      for (const header of [{ jwk }, { jku: url }, { x5u: url }, { x5c: [encode('certificate')] }]) {
        for (const name of [kid, 'theirs', undefined]) {
          await expectRefused(token({ header: { ...header, kid: name }, signer: rsa(attacker.privateKey) }));
        }
      }
      expect(calls).toBe(0);
    } finally {
      listener.close();
    }
  });

  it.each([
    ['issuer', 'iss', [undefined, '', 'http://gatehouse.test/', 'https://evil.example', 7, null]],
    ['audience', 'aud', [undefined, '', 'other', ['other'], [], {}, null]],
    ['subject', 'sub', [undefined, '', '0', '-1', '01', '1e3', 'x', 1, null, ['1'], '99999999999']],
    ['session', 'sid', [undefined, 7, null, {}]],
    ['id', 'jti', [undefined, 7, null]],
    ['time of issue', 'iat', [undefined, 'now', null]],
    ['end', 'exp', [undefined, 0, now() - 31, 'never', null]],
    ['beginning', 'nbf', [now() + 3600, 'later']],
  ])('S33: is refused without a right %s', async (_, claim, values) => {
    for (const value of values) await expectRefused(token({ claims: { [claim]: value } }));
  });

  it('S33: is refused when its subject is nobody', async () => {
    await expectRefused(token({ claims: { sub: '2147483647' } }));
  });

  it.each([undefined, '', 'JWT', 'rt+jwt', 'id+jwt', 'secevent+jwt', 'at+jwt2', ['at+jwt'], null])(
    'S34: is refused when its type is %j',
    async (typ) => {
      await expectRefused(token({ header: { typ } }));
    },
  );

  it('S35: is refused with critical members that nobody here understands', async () => {
    await expectRefused(token({ header: { crit: ['exp'], exp: now() + 900 } }));
    await expectRefused(token({ header: { crit: ['b64'], b64: false } }));
    await expectRefused(token({ header: { crit: [] } }));
  });

  it('S35: is refused in another form than three parts', async () => {
    const [header, claims, signature] = token().split('.');
    const forms = [
      `${header}`,
      `${header}.${claims}`,
      `${header}.${claims}.${signature}.`,
      `${header}.${claims}.${signature}.x`,
      `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM', kid })}.a.b.c.d`,
      `.${claims}.${signature}`,
      `${header}..${signature}`,
      '..',
      '.',
      'null.null.null',
      `${header}=.${claims}.${signature}`,
    ];
    for (const form of forms) await expectRefused(form);
  });

  it('S35: is refused when a part is not a JSON object', async () => {
    const signer = rsa(privateKey);
    const header = { alg: 'RS256', typ: 'at+jwt', kid };
    for (const claims of ['', 'text', '[]', '"text"', '1', 'null', '{', '{"sub":"1"']) {
      await expectRefused(forge(header, claims, signer));
    }
    for (const other of ['', '[]', 'null', '"RS256"', '{']) {
      await expectRefused(forge(other, { sub: String(user.id) }, signer));
    }
  });

  it('S35: is refused above 8 KB, though it is ours', async () => {
    expect((await me({ token: token({ claims: { note: 'x'.repeat(4_000) } }) })).status).toBe(200);
    await expectRefused(token({ claims: { note: 'x'.repeat(6_500) } }));
  });
});

describe('where an access token is looked for', () => {
  it.each(['access_token', 'token', 'authorization', 'bearer'])(
    'S39: not in the query (%s)',
    async (name) => {
      const response = await service.api.get<Problem>(`/users/me?${name}=${user.token}`);
      expect(response.status).toBe(401);
      expect(response.body.code).toBe('authentication_required');
    },
  );

  it('S39: not in the body, nor in a cookie', async () => {
    const body = { checks: [{ privilege: 'users.read' }], access_token: user.token };
    expect((await service.api.post('/access/check', { body })).status).toBe(401);
    expect((await me({ headers: { cookie: `access_token=${user.token}` } })).status).toBe(401);
    expect((await me({ headers: { 'x-access-token': user.token } })).status).toBe(401);
    expect((await me({ headers: { 'proxy-authorization': `Bearer ${user.token}` } })).status).toBe(401);
  });

  it('in the Authorization header, whose scheme may be in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await me({ headers: { authorization: `${scheme} ${user.token}` } })).status).toBe(200);
    }
  });

  it.each(['Basic', 'Token', 'JWT', 'Bearer,', 'Bearer:', ''])(
    'not under the scheme "%s"',
    async (scheme) => {
      const response = await me({ headers: { authorization: `${scheme} ${user.token}` } });
      expect(response.status).toBe(401);
      expect(response.body.code).toBe('authentication_required');
    },
  );

  it.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer a,b'])('not in "%s"', async (authorization) => {
    expect((await me({ headers: { authorization } })).status).toBe(401);
  });

  it('S39: not in one of two Authorization headers', async () => {
    const other = await service.factory.user();
    for (const second of [user.token, other.token, 'bad.token.x']) {
      const authorization = [`Bearer ${user.token}`, `Bearer ${second}`];
      const { status } = await me({ headers: { authorization } });
      expect([400, 401]).toContain(status);
    }
  });
});

import { SigningKeys } from '../../src/auth/tokens/signing-keys.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import type { TestUser } from '../support/factory.js';
import { forge, rsa } from '../support/forge.js';
import { STORES } from '../support/redis.js';
import { claimsOf, headerOf, refresh, signIn, statusOf } from '../support/tokens.js';

describe.each(STORES)('introspection and revocation (%s)', (_store, env) => {
  let cluster: Cluster;
  let admin: TestUser;
  let caller: TestUser;
  beforeAll(async () => {
    cluster = await startCluster(env);
    admin = await cluster.a.factory.superAdmin();
    caller = await cluster.a.factory.userWith('tokens.validate');
  });
  afterAll(() => cluster.close());

  const newUser = () => cluster.a.factory.user({ signIn: false });
  const validate = (token: unknown, by: string | undefined = caller.token) =>
    cluster.b.api.post('/auth/validate', { ...(by !== '' && { token: by }), body: { token } });

  it('S40: the caller is authenticated and holds the privilege', async () => {
    const other = await cluster.a.factory.user();
    expect((await validate(other.token, '')).status).toBe(401);
    expect((await validate(other.token, other.token)).status).toBe(403);
  });

  it('S40: of an active token it tells who, in which session and how long', async () => {
    const user = await newUser();
    const { access } = await signIn(cluster.a.api, user.email);
    const answer = await validate(access);
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toEqual({ active: true, token_type: 'Bearer', ...claimsOf(access) });
  });

  it('S40: of anything else it tells that it is not active, and nothing more', async () => {
    const { a } = cluster;
    const expectInactive = async (name: string, token: string) => {
      const { status, text } = await validate(token);
      expect([name, status, text]).toEqual([name, 200, '{"active":false}']);
    };
    const user = await newUser();
    const { access, refresh: refreshToken } = await signIn(a.api, user.email);
    const sign = rsa(a.app.get(SigningKeys).active.privateKey);
    const now = Math.floor(Date.now() / 1000);
    await expectInactive('garbage', 'garbage');
    await expectInactive('refresh token', refreshToken);
    await expectInactive('expired', forge(headerOf(access), { ...claimsOf(access), exp: now - 60 }, sign));
    await expectInactive('another type', forge({ ...headerOf(access), typ: 'JWT' }, claimsOf(access), sign));
    await expectInactive('altered', `${access.slice(0, -4)}AAAA`);

    const ends: Record<string, (user: TestUser, token: string) => Promise<unknown>> = {
      'logged out': (_, token) => a.api.post('/auth/logout', { token }),
      disabled: ({ id }) => a.api.patch(`/users/${id}`, { token: admin.token, body: { isActive: false } }),
      deleted: ({ id }) => a.api.delete(`/users/${id}`, { token: admin.token }),
      'ended by an administrator': ({ id }) => a.api.delete(`/users/${id}/sessions`, { token: admin.token }),
    };
    for (const [name, end] of Object.entries(ends)) {
      const gone = await newUser();
      const { access: token } = await signIn(a.api, gone.email);
      expect((await validate(token)).body.active).toBe(true);
      await end(gone, token);
      await expectInactive(name, token);
    }
  });

  it('S41: revoking a refresh token ends the family and its access tokens, at once and everywhere', async () => {
    const user = await newUser();
    const { access, refresh: first } = await signIn(cluster.a.api, user.email);
    const { refresh_token: second, access_token: access2 } = (await refresh(cluster.a.api, first)).body;
    const other = await signIn(cluster.a.api, user.email);
    for (const token of [access, access2]) expect(await statusOf(cluster.b.api, token)).toBe(200);
    const body = { token: second, token_type_hint: 'refresh_token' };
    const answer = await cluster.a.api.post('/auth/revoke', { token: other.access, body });
    expect([answer.status, answer.text]).toEqual([200, '']);
    for (const token of [access, access2]) expect(await statusOf(cluster.b.api, token)).toBe(401);
    for (const token of [first, second]) expect((await refresh(cluster.b.api, token)).status).toBe(401);
    expect(await statusOf(cluster.b.api, other.access)).toBe(200);
  });

  it('S41: a used refresh token and an access token, too, revoke their family', async () => {
    const user = await newUser();
    const other = await signIn(cluster.a.api, user.email);
    for (const which of ['refresh', 'access'] as const) {
      const tokens = await signIn(cluster.a.api, user.email);
      const next = (await refresh(cluster.a.api, tokens.refresh)).body;
      await cluster.a.api.post('/auth/revoke', { token: other.access, body: { token: tokens[which] } });
      expect(await statusOf(cluster.b.api, next.access_token)).toBe(401);
      expect((await refresh(cluster.b.api, next.refresh_token)).status).toBe(401);
    }
  });

  it('S41: unknown, dead and foreign tokens are answered like good ones, and nothing happens', async () => {
    const user = await newUser();
    const stranger = await cluster.a.factory.user();
    const { access, refresh: refreshToken } = await signIn(cluster.a.api, user.email);
    for (const token of ['unknown', `rt_${'A'.repeat(43)}`, access, refreshToken]) {
      const answer = await cluster.a.api.post('/auth/revoke', { token: stranger.token, body: { token } });
      expect([answer.status, answer.text]).toEqual([200, '']);
    }
    expect(await statusOf(cluster.b.api, access)).toBe(200);
    expect((await cluster.a.api.post('/auth/revoke', { body: { token: access } })).status).toBe(401);
    expect((await refresh(cluster.b.api, refreshToken)).status).toBe(200);
  });
});

import { type Cluster, startCluster, tally, together } from '../support/cluster.js';
import { PASSWORD, type TestUser } from '../support/factory.js';
import { STORES } from '../support/redis.js';
import { claimsOf, login, refresh, type SignedIn, signIn, statusOf } from '../support/tokens.js';

interface SessionList {
  readonly items: readonly { id: number; current: boolean; device: string | null; address: string | null }[];
}

describe.each(STORES)('sessions (%s)', (_store, env) => {
  let cluster: Cluster;
  let admin: TestUser;
  beforeAll(async () => {
    cluster = await startCluster(env);
    admin = await cluster.a.factory.superAdmin();
  });
  afterAll(() => cluster.close());

  const newUser = () => cluster.a.factory.user({ signIn: false });

  /** Signed in, and known to both instances. */
  async function signedIn(user: { email: string }): Promise<SignedIn> {
    const tokens = await signIn(cluster.a.api, user.email);
    for (const { api } of [cluster.a, cluster.b]) expect(await statusOf(api, tokens.access)).toBe(200);
    return tokens;
  }

  /** The status on B of a call made as soon as a change was answered on A: nothing may be awaited in between. */
  const nextOnB = (token: string) => statusOf(cluster.b.api, token);

  it('S48: logout on one instance: the next call on the other is refused, 200 rounds', async () => {
    const user = await newUser();
    const statuses: number[] = [];
    for (let round = 0; round < 200; round += 1) {
      const tokens = await signedIn(user);
      const { status } = await cluster.a.api.post('/auth/logout', { token: tokens.access });
      statuses.push(await nextOnB(tokens.access));
      expect(status).toBe(204);
      if (round % 20 === 0) expect((await refresh(cluster.b.api, tokens.refresh)).status).toBe(401);
    }
    expect(tally(statuses)).toEqual({ 401: 200 });
  }, 60_000);

  it('S48: logout-all ends every session everywhere; the logout of a dead session is refused', async () => {
    const user = await newUser();
    const sessions = [await signedIn(user), await signedIn(user), await signedIn(user)];
    await cluster.a.api.post('/auth/logout-all', { token: sessions[0]?.access ?? '' });
    for (const { access, refresh: token } of sessions) {
      for (const { api } of [cluster.b, cluster.a]) {
        expect(await statusOf(api, access)).toBe(401);
        expect((await refresh(api, token)).status).toBe(401);
        expect((await api.post('/auth/logout', { token: access })).status).toBe(401);
      }
    }
  });

  it('S48: of a logout and refreshes at once nothing usable is left, 40 rounds', async () => {
    const user = await newUser();
    for (let round = 0; round < 40; round += 1) {
      const tokens = await signIn(cluster.a.api, user.email);
      const [, ...answers] = await Promise.all([
        cluster.a.api.post('/auth/logout', { token: tokens.access }),
        refresh(cluster.b.api, tokens.refresh),
        refresh(cluster.a.api, tokens.refresh),
      ]);
      await expectUseless(answers.filter(({ status }) => status === 200).map(({ body }) => body));
    }
    const live = await cluster.a.sql('SELECT id FROM session WHERE user_id = $1 AND revoked_at IS NULL', [
      user.id,
    ]);
    expect(live).toEqual([]);
  }, 30_000);

  async function expectUseless(
    answers: readonly { access_token: string; refresh_token: string }[],
  ): Promise<void> {
    for (const body of answers) {
      for (const { api } of [cluster.a, cluster.b]) {
        expect(await statusOf(api, body.access_token)).toBe(401);
        expect((await refresh(api, body.refresh_token)).status).toBe(401);
      }
    }
  }

  const changes: readonly (readonly [string, (user: TestUser) => Promise<number>])[] = [
    [
      'disabled',
      async (user) =>
        (await cluster.a.api.patch(`/users/${user.id}`, { token: admin.token, body: { isActive: false } }))
          .status,
    ],
    [
      'deleted',
      async (user) => (await cluster.a.api.delete(`/users/${user.id}`, { token: admin.token })).status,
    ],
    [
      'ended by an administrator',
      async (user) =>
        (await cluster.a.api.delete(`/users/${user.id}/sessions`, { token: admin.token })).status,
    ],
  ];
  it.each(changes)(
    'S49: a user %s: the next call on the other instance is refused, 20 rounds',
    async (_name, change) => {
      const statuses: number[] = [];
      for (let round = 0; round < 20; round += 1) {
        const user = await newUser();
        const tokens = await signedIn(user);
        expect([200, 204]).toContain(await change(user));
        statuses.push(await nextOnB(tokens.access));
        expect((await refresh(cluster.b.api, tokens.refresh)).status).toBe(401);
      }
      expect(tally(statuses)).toEqual({ 401: 20 });
    },
    30_000,
  );

  it('S49: a refresh in flight while the user is disabled leaves nothing usable, 60 rounds', async () => {
    for (let round = 0; round < 60; round += 1) {
      const user = await newUser();
      const tokens = await signIn(cluster.a.api, user.email);
      const disable = { token: admin.token, body: { isActive: false } };
      const [answer, disabled] = await Promise.all([
        refresh(cluster.a.api, tokens.refresh),
        cluster.b.api.patch(`/users/${user.id}`, disable),
      ]);
      expect(disabled.status).toBe(200);
      expect([200, 401]).toContain(answer.status);
      await expectUseless(answer.status === 200 ? [answer.body] : []);
      expect(await statusOf(cluster.a.api, tokens.access)).toBe(401);
    }
  }, 60_000);

  it('S49: a login in flight while the user is disabled leaves nothing usable, 60 rounds', async () => {
    for (let round = 0; round < 60; round += 1) {
      const user = await newUser();
      const disable = { token: admin.token, body: { isActive: false } };
      const [answer, disabled] = await Promise.all([
        login(cluster.a.api, user.email),
        cluster.b.api.patch(`/users/${user.id}`, disable),
      ]);
      expect(disabled.status).toBe(200);
      expect([200, 401]).toContain(answer.status);
      await expectUseless(answer.status === 200 ? [answer.body] : []);
      const live = await cluster.a.sql('SELECT id FROM session WHERE user_id = $1 AND revoked_at IS NULL', [
        user.id,
      ]);
      expect(live).toEqual([]);
    }
  }, 60_000);

  it('S49: an enabled-again user has to sign in again: old tokens stay dead', async () => {
    const user = await newUser();
    const tokens = await signedIn(user);
    for (const isActive of [false, true]) {
      await cluster.a.api.patch(`/users/${user.id}`, { token: admin.token, body: { isActive } });
    }
    await expectUseless([{ access_token: tokens.access, refresh_token: tokens.refresh }]);
    await signedIn(user);
  });

  it('G8: suspended, deleted or demoted: refresh is refused at once, a privilege taken is gone from the next token', async () => {
    const reader = await cluster.a.factory.userWith('users.read');
    const tokens = await signedIn(reader);
    expect((await cluster.b.api.get('/users', { token: tokens.access })).status).toBe(200);
    const roleId = await cluster.a.factory.roleId('User');
    await cluster.a.api.patch(`/users/${reader.id}`, { token: admin.token, body: { roleId } });
    expect((await cluster.b.api.get('/users', { token: tokens.access })).status).toBe(403);
    const next = (await refresh(cluster.b.api, tokens.refresh)).body;
    expect((await cluster.b.api.get('/users', { token: next.access_token })).status).toBe(403);
    await cluster.a.api.delete(`/users/${reader.id}`, { token: admin.token });
    expect((await refresh(cluster.b.api, next.refresh_token)).status).toBe(401);
  });

  it('S50: people see and end their own sessions', async () => {
    const user = await newUser();
    const here = await signedIn(user);
    const there = await signedIn(user);
    const list = await cluster.b.api.get<SessionList>('/auth/sessions', { token: here.access });
    expect(list.status).toBe(200);
    expect(list.body.items.map(({ id, current }) => [id, current])).toEqual([
      [there.sessionId, false],
      [here.sessionId, true],
    ]);
    expect(list.body.items[0]?.address).toBe('127.0.0.1');
    const ended = await cluster.a.api.delete(`/auth/sessions/${there.sessionId}`, { token: here.access });
    expect(ended.status).toBe(204);
    expect(await statusOf(cluster.b.api, there.access)).toBe(401);
    expect((await refresh(cluster.b.api, there.refresh)).status).toBe(401);
    expect(await statusOf(cluster.b.api, here.access)).toBe(200);
    const after = await cluster.b.api.get<SessionList>('/auth/sessions', { token: here.access });
    expect(after.body.items.map(({ id }) => id)).toEqual([here.sessionId]);
  });

  it('S50, S64: a session of somebody else, or none, is not found and lives on', async () => {
    const owner = await signedIn(await newUser());
    const other = await signedIn(await newUser());
    for (const token of [other.access, admin.token]) {
      const answer = await cluster.b.api.delete(`/auth/sessions/${owner.sessionId}`, { token });
      expect([answer.status, answer.body.code]).toEqual([404, 'session_not_found']);
    }
    const unknown = await cluster.b.api.delete('/auth/sessions/9007199254740991', { token: other.access });
    const bare = (text: string) => text.replace(/"(?:requestId|instance)":"[^"]+",?/g, '');
    const foreign = await cluster.b.api.delete(`/auth/sessions/${owner.sessionId}`, { token: other.access });
    expect(bare(foreign.text)).toBe(bare(unknown.text));
    expect(await statusOf(cluster.a.api, owner.access)).toBe(200);
    const list = await cluster.a.api.get<SessionList>('/auth/sessions', { token: other.access });
    expect(list.body.items.map(({ id }) => id)).toEqual([other.sessionId]);
  });

  it('S64: a token of somebody else is not revoked, nor refreshed into the wrong session', async () => {
    const owner = await signedIn(await newUser());
    const other = await signedIn(await newUser());
    for (const token of [owner.access, owner.refresh]) {
      const answer = await cluster.a.api.post('/auth/revoke', { token: other.access, body: { token } });
      expect(answer.status).toBe(200);
    }
    expect(await statusOf(cluster.b.api, owner.access)).toBe(200);
    const refreshed = await refresh(cluster.b.api, owner.refresh);
    expect(claimsOf(refreshed.body.access_token).sid).toBe(String(owner.sessionId));
  });

  it('S64: ids of sessions that are no positive whole numbers are refused before any SQL', async () => {
    const { access: token } = await signedIn(await newUser());
    for (const id of ['0', '-1', '1.5', '1e3', '0x1', '01', '٣', '9007199254740992', 'null', "1'--", '%00']) {
      const answer = await cluster.a.api.delete(`/auth/sessions/${encodeURIComponent(id)}`, { token });
      expect([id, answer.status]).toEqual([id, 400]);
    }
  });

  it('S50: administrators see and end the sessions of others, with the privilege and not of stronger users', async () => {
    const { factory, api } = cluster.a;
    const user = await newUser();
    const tokens = await signedIn(user);
    const plain = await factory.user();
    const reader = await factory.userWith('sessions.read');
    const path = `/users/${user.id}/sessions`;
    expect((await api.get(path)).status).toBe(401);
    expect((await api.get(path, { token: plain.token })).status).toBe(403);
    const list = await api.get<SessionList>(path, { token: reader.token });
    expect(list.body.items.map(({ id, current }) => [id, current])).toEqual([[tokens.sessionId, false]]);
    expect((await api.delete(path, { token: reader.token })).status).toBe(403);
    expect((await api.get('/users/2000000000/sessions', { token: reader.token })).status).toBe(404);

    const revoker = await factory.userWith('sessions.revoke');
    const strong = await factory.userWith('users.read', 'users.update');
    const refused = await api.delete(`/users/${strong.id}/sessions`, { token: revoker.token });
    expect([refused.status, refused.body.code]).toEqual([403, 'privilege_not_held']);
    expect(await statusOf(cluster.b.api, strong.token)).toBe(200);
    expect((await api.delete(path, { token: revoker.token })).status).toBe(204);
    expect(await statusOf(cluster.b.api, tokens.access)).toBe(401);
    const ended = await cluster.a.sql('SELECT revoke_reason FROM session WHERE id = $1', [tokens.sessionId]);
    expect(ended).toEqual([{ revoke_reason: 'ended_by_admin' }]);
  });

  it('S51: every login opens a session of its own; what was known before it is good for nothing', async () => {
    const user = await newUser();
    const first = await signedIn(user);
    const headers = {
      cookie: `${first.cookie}; sid=${first.sessionId}`,
      authorization: `Bearer ${first.access}`,
    };
    const second = await login(cluster.a.api, user.email, PASSWORD, headers);
    expect(claimsOf(second.body.access_token).sid).not.toBe(String(first.sessionId));
    // The cookie of a known device signs in nobody.
    expect((await cluster.a.api.get('/users/me', { headers: { cookie: first.cookie } })).status).toBe(401);
    await cluster.a.api.post('/auth/logout', { token: first.access });
    expect(await statusOf(cluster.b.api, second.body.access_token)).toBe(200);
  });

  it('S55: a password change ends every other session at once, whatever is sent, and leaves this one', async () => {
    const user = await newUser();
    const here = await signedIn(user);
    const there = await signedIn(user);
    const body = { currentPassword: PASSWORD, newPassword: 'paper lantern over water' };
    const { status } = await cluster.a.api.post('/auth/password/change', { token: here.access, body });
    expect(status).toBe(204);
    expect(await nextOnB(there.access)).toBe(401);
    expect((await refresh(cluster.b.api, there.refresh)).status).toBe(401);
    expect(await statusOf(cluster.b.api, here.access)).toBe(200);
    expect((await refresh(cluster.b.api, here.refresh)).status).toBe(200);
    expect(
      tally((await together(2, () => login(cluster.b.api, user.email))).map((answer) => answer.status)),
    ).toEqual({
      401: 2,
    });
  });
});

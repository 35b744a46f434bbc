import { type Cluster, startCluster } from '../support/cluster.js';
import type { TestApp } from '../support/app.js';
import { STORES } from '../support/redis.js';
import { refresh, signIn, type SignedIn } from '../support/tokens.js';

describe.each(STORES)('S57: what is sensitive needs a recent sign-in, principals from %s', (_, env) => {
  let cluster: Cluster;
  let service: TestApp;
  beforeAll(async () => {
    cluster = await startCluster({ ...env });
    service = cluster.a;
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => cluster.close());

  const deleteMe = (token: string) => service.api.delete<{ code: string }>('/users/me', { token });
  const age = (sessionId: number, seconds: number) =>
    service.sql(`UPDATE session SET auth_time = now() - make_interval(secs => $2) WHERE id = $1`, [
      sessionId,
      seconds,
    ]);

  async function signedInAgo(seconds: number): Promise<SignedIn & { email: string }> {
    const { email } = await service.factory.user({ signIn: false });
    const session = await signIn(service.api, email);
    await age(session.sessionId, seconds);
    return { ...session, email };
  }

  it('S57: one of ten minutes ago at most, by the clock of the database', async () => {
    const refused = await deleteMe((await signedInAgo(601)).access);
    expect([refused.status, refused.body.code]).toEqual([403, 'reauth_required']);
    expect((await deleteMe((await signedInAgo(590)).access)).status).toBe(204);
  });

  it('S57: one of before its time was kept counts from when the session was opened', async () => {
    const { access, sessionId } = await signedInAgo(0);
    await service.sql(
      `UPDATE session SET auth_time = NULL, created_at = now() - interval '601 seconds' WHERE id = $1`,
      [sessionId],
    );
    expect((await deleteMe(access)).status).toBe(403);
  });

  it('S57: which goes on growing old where it is remembered', async () => {
    const { access } = await signedInAgo(590);
    expect((await service.api.get('/users/me', { token: access })).status).toBe(200);
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + 11_000);
    // Without Redis it is read anew: there the clock of the database has not moved.
    expect((await deleteMe(access)).status).toBe(env.REDIS_URL ? 403 : 204);
  });

  it('S57: which a refresh does not renew, and a sign-in does', async () => {
    const old = await signedInAgo(3600);
    const next = (await refresh(service.api, old.refresh)).body.access_token;
    expect((await deleteMe(next)).status).toBe(403);
    expect((await service.api.get('/users/me', { token: next })).status).toBe(200);
    const { access } = await signIn(service.api, old.email);
    expect((await deleteMe(access)).status).toBe(204);
  });
});

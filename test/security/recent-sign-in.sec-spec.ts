import { startApp, type TestApp } from '../support/app.js';
import { refresh, signIn } from '../support/tokens.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

const deleteMe = (token: string) => service.api.delete<{ code: string }>('/users/me', { token });
const age = (sessionId: number, seconds: number) =>
  service.sql(`UPDATE session SET created_at = now() - make_interval(secs => $2) WHERE id = $1`, [
    sessionId,
    seconds,
  ]);

describe('S57: what is sensitive needs a recent sign-in', () => {
  it('S57: one of ten minutes ago at most, by the clock of the database', async () => {
    const { email } = await service.factory.user({ signIn: false });
    const { access, sessionId } = await signIn(service.api, email);
    await age(sessionId, 601);
    const refused = await deleteMe(access);
    expect([refused.status, refused.body.code]).toEqual([403, 'reauth_required']);
    await age(sessionId, 590);
    expect((await deleteMe(access)).status).toBe(204);
  });

  it('S57: which a refresh does not renew, and a sign-in does', async () => {
    const { email } = await service.factory.user({ signIn: false });
    const old = await signIn(service.api, email);
    await age(old.sessionId, 3600);
    const next = (await refresh(service.api, old.refresh)).body.access_token;
    expect((await deleteMe(next)).status).toBe(403);
    expect((await service.api.get('/users/me', { token: next })).status).toBe(200);
    const { access } = await signIn(service.api, email);
    expect((await deleteMe(access)).status).toBe(204);
  });
});

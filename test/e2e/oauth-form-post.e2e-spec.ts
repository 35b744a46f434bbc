import { startApp, type TestApp } from '../support/app.js';
import { Browser, exchange } from '../support/browser.js';
import { OidcProvider } from '../support/oauth-provider.js';

let provider: OidcProvider;
let t: TestApp;

beforeAll(async () => {
  provider = await OidcProvider.start();
  const entry = provider.entry('posting', { trustEmail: true, responseMode: 'form_post' });
  t = await startApp({ env: { OAUTH_PROVIDERS: JSON.stringify([entry]) } });
});
afterAll(() => Promise.all([t.close(), provider.stop()]));

describe('F22: a provider that has the browser post its answer', () => {
  /** As the browser does it: from the provider's page, so without our cookie. */
  async function post(back: URL, more: Record<string, string> = {}) {
    const form = new URLSearchParams([...back.searchParams, ...Object.entries(more)]);
    const raw = { type: 'application/x-www-form-urlencoded', data: form.toString() };
    return t.api.post(back.pathname.replace('/api/v1', ''), { raw });
  }

  it('is asked to, and its answer is taken in the browser that began', async () => {
    const email = t.factory.email();
    provider.person = { sub: t.factory.unique('sub'), email, email_verified: 'true' };
    const browser = new Browser(t.api);
    const started = await browser.start('posting');
    expect(new URL(String(started.headers.location)).searchParams.get('response_mode')).toBe('form_post');
    const user = JSON.stringify({ name: { firstName: 'Ada', lastName: 'Lovelace' }, email: 'x@example.com' });
    const posted = await post(await browser.visit(started), { user, session_state: 'ignored' });
    expect(posted.status).toBe(303);
    const returned = browser.returned(await browser.open(String(posted.headers.location)));
    const answer = await exchange(t.api, returned);
    const me = await t.api.get('/users/me', { token: answer.body.access_token });
    expect(me.body).toMatchObject({ email, firstName: 'Ada', lastName: 'Lovelace' });
  });

  it('opens nothing in another browser', async () => {
    const browser = new Browser(t.api);
    const posted = await post(await browser.visit(await browser.start('posting')));
    const { status, body } = await new Browser(t.api).open(String(posted.headers.location));
    expect([status, body.code]).toEqual([400, 'oauth_flow_invalid']);
  });

  it('leads nowhere but to the callback, whatever is posted', async () => {
    const callback = 'http://gatehouse.test/api/v1/auth/oauth/posting/callback';
    for (const data of [
      'code',
      'code=a&code=b&state=c',
      `state=${'x'.repeat(10_000)}`,
      'redirect_uri=//evil',
    ]) {
      const raw = { type: 'application/x-www-form-urlencoded', data };
      const { status, headers } = await t.api.post('/auth/oauth/posting/callback', { raw });
      expect([data.slice(0, 20), status]).toEqual([data.slice(0, 20), 303]);
      expect(String(headers.location).split('?')[0]).toBe(callback);
      expect(String(headers.location).length).toBeLessThan(200);
    }
    const unknown = await t.api.post('/auth/oauth/none/callback', { body: {} });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'oauth_provider_unknown']);
  });
});

import { createHash } from 'node:crypto';
import type { ApiRequest, ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { letterTo, tokenTo } from '../support/letters.js';

const NEXT = 'paper lantern over water';
const PAGES = ['/recovery', '/recovery/password', '/invitation'];

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

const show = (path: string, headers: Record<string, string> = {}) =>
  service.api.call('GET', `/${path}`, { headers });
const send = (path: string, fields: Record<string, string>, request: Omit<ApiRequest, 'raw'> = {}) =>
  service.api.call('POST', `/${path}`, {
    headers: { 'sec-fetch-site': 'same-origin' },
    ...request,
    raw: { type: 'application/x-www-form-urlencoded', data: new URLSearchParams(fields).toString() },
  });
const user = () => service.factory.user({ signIn: false });
const linkOf = (email: string) => tokenTo(service, email, () => send('/recovery', { identifier: email }));
const signsIn = async (username: string, password = NEXT) =>
  (await service.api.post('/auth/login', { body: { username, password } })).status === 200;

/** What a browser needs to make of a page with only what its policy allows. */
function expectSafePage({ headers, text }: ApiResponse): void {
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    vary: 'accept-language',
  });
  expect(headers['set-cookie']).toBeUndefined();
  const policy = String(headers['content-security-policy']);
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(policy).toContain(`; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`);
  expect(policy).not.toContain('unsafe');
  for (const [, source = ''] of text.matchAll(/<(?:style|script)>([^]*?)<\/(?:style|script)>/g))
    expect(policy).toContain(createHash('sha256').update(source).digest('base64'));
  expect(text).not.toMatch(/ (?:src|style|on\w+)=|<(?:img|link|iframe)|@import|url\(/);
  const addresses = Array.from(text.matchAll(/(?:href|action)="([^"]*)"/g), ([, address]) => address);
  expect(addresses.filter((address) => !address?.startsWith('http://gatehouse.test/'))).toEqual([]);
}

describe('every page', () => {
  it.each(PAGES)('S56: %s is safe to open and has nothing from elsewhere', async (path) => {
    const response = await show(path);
    expect(response.status).toBe(200);
    expectSafePage(response);
  });

  it.each(PAGES)('%s is in the language of the reader', async (path) => {
    const [english, german, french] = await Promise.all(
      ['en-GB', 'de-AT,de;q=0.9,en;q=0.5', 'fr'].map((language) =>
        show(path, { 'accept-language': language }),
      ),
    );
    expect(english?.text).toContain('<html lang="en">');
    expect(german?.text).toContain('<html lang="de">');
    expect(german?.text).toMatch(/Passwort/);
    expect(german?.headers['content-language']).toBe('de');
    expect(french?.text).toBe(english?.text);
  });

  it.each(PAGES)('%s has a label for every field, one heading and a title', async (path) => {
    const { text } = await show(path);
    const fields = Array.from(text.matchAll(/<input id="(\w+)"/g), ([, id]) => id);
    expect(fields.length).toBeGreaterThan(0);
    for (const id of fields) expect(text).toContain(`<label for="${id}">`);
    expect(text.match(/<h1>/g)).toHaveLength(1);
    expect(text).toMatch(/<title>[^<]+ – Gatehouse<\/title>/);
    expect(text).toContain('<form method="post">');
  });

  it.each(PAGES)('S56, G18: %s takes nothing from its address', async (path) => {
    const plain = await show(path);
    const response = await show(`${path}?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&identifier=x`);
    expect(response.text).toBe(plain.text);
  });

  it.each(PAGES)('%s answers HEAD alike, without the page', async (path) => {
    const { status, text, headers } = await service.api.call('HEAD', `/${path}`);
    expect([status, text, headers['cache-control']]).toEqual([200, '', 'no-store']);
  });
});

describe('a form', () => {
  const crossSite: readonly Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin: 'http://gatehouse.test' },
    { 'sec-fetch-site': '' },
    { origin: 'https://evil.example' },
    { origin: 'https://gatehouse.test' },
    { origin: 'http://gatehouse.test.evil.example' },
    { origin: 'null' },
  ];

  it.each(crossSite)('is refused from a page of another site: %j', async (headers) => {
    const { email } = await user();
    const token = await linkOf(email);
    const sent = service.mailbox.list().length;
    for (const response of [
      await send('/recovery', { identifier: email }, { headers }),
      await send('/recovery/password', { token, newPassword: NEXT }, { headers }),
      await send('/invitation', { token, newPassword: NEXT }, { headers }),
    ]) {
      expect(response.status).toBe(403);
      expect(response.text).toContain('from a page of another site');
      expectSafePage(response);
    }
    expect(service.mailbox.list()).toHaveLength(sent);
    expect(await signsIn(email)).toBe(false);
  });

  it.each<Record<string, string>>([
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { 'sec-fetch-site': 'none' },
    { origin: 'http://gatehouse.test' },
    {},
  ])('is taken from our own, and from what is no browser: %j', async (headers) => {
    const { email } = await user();
    const token = await linkOf(email);
    expect((await send('/recovery/password', { token, newPassword: NEXT }, { headers })).status).toBe(200);
    expect(await signsIn(email)).toBe(true);
  });

  it.each(PAGES)('without a body is answered with a page: %s', async (path) => {
    const response = await service.api.call('POST', `/${path}`);
    expect(response.status).toBe(400);
    expectSafePage(response);
  });

  it('that comes too often gets a page that says so, and is told like the API when to come again', async () => {
    const strict = await startApp({ databaseUrl: service.databaseUrl, env: { RATE_LIMIT: '1' } });
    try {
      await strict.api.call('GET', '//recovery');
      const refused = await strict.api.post('/auth/password/forgot', { body: { identifier: 'a@b.example' } });
      const pages = [
        await strict.api.call('GET', '//recovery'),
        ...(await Promise.all(PAGES.map((path) => strict.api.call('POST', `/${path}`)))),
      ];
      for (const response of pages) {
        expect([response.status, refused.status]).toEqual([429, 429]);
        // A second may have passed in between.
        const wait = Number(response.headers['retry-after']);
        expect(wait).toBeGreaterThan(50);
        expect(wait).toBeLessThanOrEqual(Number(refused.headers['retry-after']));
        expect(response.text).toContain('too much going on');
        expectSafePage(response);
      }
    } finally {
      await strict.close();
    }
  });
});

describe('/recovery', () => {
  it('sends a link to who is known, and says the same to everybody', async () => {
    const { email } = await user();
    const answers: ApiResponse[] = [];
    await letterTo(service, email, async () => {
      for (const identifier of [email, 'nobody@example.com', '+4915123456799', 'nobody.at.all'])
        answers.push(await send('/recovery', { identifier }));
    });
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.text).toContain('If there is such an account');
    expect(answers[0]?.text).toContain('15 minutes');
    answers.forEach(expectSafePage);
  });

  it('S52: shows what was entered, as text, with what is wrong about it', async () => {
    const identifier = `"><script>alert('1')</script>@x, a@b.example`;
    const response = await send('/recovery', { identifier });
    expect(response.status).toBe(400);
    expectSafePage(response);
    expect(response.text).toContain('role="alert"');
    expect(response.text).toContain('aria-invalid="true" aria-describedby="fault"');
    expect(response.text).toContain('value="&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)');
    expect(response.text).not.toContain('<script>alert');
    expect(response.text).toMatch(/<title>Error: /);
  });

  it('S52: refuses the field given twice', async () => {
    const response = await service.api.call('POST', '//recovery', {
      raw: {
        type: 'application/x-www-form-urlencoded',
        data: 'identifier=a%40example.com&identifier=b%40example.com',
      },
    });
    expect(response.status).toBe(400);
  });
});

describe('/recovery/password', () => {
  it('S56, G18: shows three times and more, then sets the password once', async () => {
    const { email } = await user();
    const token = await linkOf(email);
    for (const method of ['GET', 'HEAD', 'GET', 'GET'])
      expect((await service.api.call(method, `//recovery/password?token=${token}`)).status).toBe(200);
    const done = await send('/recovery/password', { token, newPassword: NEXT });
    expect(done.status).toBe(200);
    expect(done.text).toContain('Your password is set');
    expectSafePage(done);
    expect(await signsIn(email)).toBe(true);

    const again = await send('/recovery/password', { token, newPassword: NEXT });
    expect(again.status).toBe(400);
    expect(again.text).toContain('This link was used or is out of date; ask for a new one');
    expect(again.text).toContain('<a href="http://gatehouse.test/recovery">');
    expect(again.text).not.toContain(token);
    expectSafePage(again);
  });

  it.each([
    ['tiny word', 'too short or too long'],
    ['x'.repeat(2000), 'too short or too long'],
    ['password1234', 'tried first'],
    ['', 'Enter a password'],
  ])('says what is wrong with a password and keeps the token: %#', async (newPassword, fault) => {
    const { email } = await user();
    const token = await linkOf(email);
    const refused = await send('/recovery/password', { token, newPassword });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain(fault);
    expect(refused.text).toContain(`name="token" value="${token}"`);
    if (newPassword !== '') expect(refused.text).not.toContain(newPassword);
    expect((await send('/recovery/password', { token, newPassword: NEXT })).status).toBe(200);
  });

  it('says it in the language of the reader', async () => {
    const headers = { 'accept-language': 'de' };
    const refused = await send('/recovery/password', { token: 'pr_x', newPassword: NEXT }, { headers });
    expect(refused.text).toContain('Dieser Link wurde schon benutzt oder ist abgelaufen');
  });
});

describe('/invitation', () => {
  it('lets an invited person set a first password', async () => {
    const admin = await service.factory.superAdmin();
    const email = service.factory.email();
    const roleId = await service.factory.roleId('User');
    const letter = await letterTo(service, email, () =>
      service.api.post('/users', { token: admin.token, body: { firstName: 'Ada', email, roleId } }),
    );
    const [address = '', token = ''] = (letter.link ?? '').split('#token=');
    expect(address).toBe('http://gatehouse.test/invitation');
    expect((await send('/invitation', { token, newPassword: NEXT })).text).toContain('Your password is set');
    expect(await signsIn(email)).toBe(true);
  });
});

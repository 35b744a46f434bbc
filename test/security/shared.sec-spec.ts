import { randomUUID } from 'node:crypto';
import { startApp, type TestApp } from '../support/app.js';
import { tally, together } from '../support/cluster.js';
import { PASSWORD, type TestUser } from '../support/factory.js';
import { login, signIn } from '../support/tokens.js';

const WRONG = 'not the right password';

let service: TestApp;
afterEach(() => service.close());

/** A client of another network. */
const from = (index: number) => ({
  'x-forwarded-for': `198.51.${100 + Math.floor(index / 250)}.${1 + (index % 250)}`,
});
const register = (index: number, headers: Record<string, string>) =>
  service.api.post('/auth/register', {
    body: { firstName: 'Ada', email: `flood-${index}@example.com`, password: 'paper lantern over water' },
    headers,
  });

/** Several of them: of one account no more than its limit is compared at once. */
async function newUsers(count: number): Promise<TestUser[]> {
  const users: TestUser[] = [];
  while (users.length < count) users.push(await service.factory.user({ signIn: false }));
  return users;
}

describe('A4, S101: expensive work that anybody can ask for', () => {
  it('is limited for one network: its flood keeps nobody else from signing in', async () => {
    const env = { NEW_PASSWORD_RATE_LIMIT: '', RATE_LIMIT: '', HASHING_QUEUE: '', TRUST_PROXY: '127.0.0.1' };
    service = await startApp({ env: { ...env, WORKER: 'off' } });
    const users = await newUsers(15);
    const flood = together(300, (index) => register(index, from(0)));
    const signIns = await together(45, (index) =>
      login(service.api, users[index % 15]?.email ?? '', PASSWORD, from(1 + index)),
    );
    expect(tally(signIns.map(({ status }) => status))).toEqual({ 200: 45 });
    const answers = tally((await flood).map(({ status }) => status));
    // Within the limit a few may find their lane full.
    expect([answers[429], (answers[202] ?? 0) + (answers[503] ?? 0)]).toEqual([280, 20]);
    expect(answers[202]).toBeGreaterThan(0);
  });

  it('has places of its own: a flood from everywhere fills those, and not those of sign-ins', async () => {
    const env = { HASHING_QUEUE: '64', TRUST_PROXY: '127.0.0.1', WORKER: 'off' };
    service = await startApp({ env });
    const users = await newUsers(15);
    const [flood, signIns] = await Promise.all([
      together(400, (index) => register(index, from(index))),
      together(45, (index) =>
        login(service.api, users[index % 15]?.email ?? '', PASSWORD, from(500 + index)),
      ),
    ]);
    expect(tally(signIns.map(({ status }) => status))).toEqual({ 200: 45 });
    const answers = tally(flood.map(({ status }) => status));
    expect(Object.keys(answers).toSorted()).toEqual(['202', '503']);
    expect(answers[503]).toBeGreaterThan(100);
  });

  it.each([
    ['/auth/password/reset', { token: 'rt_unknown', newPassword: 'paper lantern over water' }],
    ['/auth/password/change', { currentPassword: WRONG, newPassword: 'paper lantern over water' }],
    ['/auth/register', { firstName: 'Ada', email: 'ada@example.com', password: 'paper lantern over water' }],
  ])('shares one limit for all that sets a password: %s', async (path, body) => {
    service = await startApp({ env: { NEW_PASSWORD_RATE_LIMIT: '3', WORKER: 'off' } });
    const { token } = await service.factory.user();
    for (let index = 0; index < 3; index += 1) await register(index, {});
    const refused = await service.api.post(path, { token, body });
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited']);
    expect(String(refused.headers['ratelimit-policy'])).toContain('"new-password";q=3;w=60');
    // Whoever signs in is not asked for what others set.
    expect((await login(service.api, 'nobody@example.com', WRONG)).status).toBe(401);
  });
});

describe('A11, S107: an address that many people share', () => {
  const env = { ADDRESS_FAILURE_LIMIT: '5', LOGIN_RATE_LIMIT: '1000' };
  const present = (path: string, challengeId: string, code = '000000') =>
    service.api.post(path, { body: { challengeId, code } });

  it('made-up codes keep neither right passwords nor codes of others out, nor known devices', async () => {
    service = await startApp({ env });
    const user = await service.factory.user({ signIn: false });
    const { cookie } = await signIn(service.api, user.email);
    const statuses = [];
    for (let index = 0; index < 10; index += 1)
      statuses.push((await present(index % 2 ? '/auth/verify' : '/auth/otp/login', randomUUID())).status);
    expect(tally(statuses)).toEqual({ 400: 5, 429: 5 });
    expect((await login(service.api, user.email)).status).toBe(200);
    expect((await login(service.api, user.email, PASSWORD, { cookie })).status).toBe(200);

    const asked = await service.api.post<{ challengeId: string }>('/auth/otp/request', {
      body: { identifier: user.email },
    });
    const { code = '' } = await service.messageTo(user.email);
    expect((await present('/auth/otp/login', asked.body.challengeId, code)).status).toBe(200);
  });

  it('whether anybody was sent a code is not told by what counts as made up', async () => {
    service = await startApp({ env });
    const user = await service.factory.user({ signIn: false });
    const challengeOf = async (identifier: string) =>
      (await service.api.post<{ challengeId: string }>('/auth/otp/request', { body: { identifier } })).body
        .challengeId;
    const known = await challengeOf(user.email);
    const unknown = await challengeOf('nobody@example.com');
    await service.messageTo(user.email);
    for (let index = 0; index < 6; index += 1) await present('/auth/otp/login', randomUUID());
    expect((await present('/auth/otp/login', randomUUID())).status).toBe(429);
    expect((await present('/auth/otp/login', known)).status).toBe(400);
    expect((await present('/auth/otp/login', unknown)).status).toBe(400);
  });

  it('a known device is looked at first: wrong passwords of others pause strangers there, not it', async () => {
    service = await startApp({ env });
    const user = await service.factory.user({ signIn: false });
    const { cookie } = await signIn(service.api, user.email);
    for (let index = 0; index < 6; index += 1) await login(service.api, `nobody-${index}@example.com`, WRONG);
    expect((await login(service.api, user.email)).status).toBe(429);
    for (let index = 0; index < 12; index += 1)
      expect((await login(service.api, user.email, PASSWORD, { cookie })).status).toBe(200);
    // What the device gets wrong is not counted for the address, but for itself.
    for (let index = 0; index < 10; index += 1)
      expect((await login(service.api, user.email, WRONG, { cookie })).status).toBe(401);
    expect((await login(service.api, user.email, PASSWORD, { cookie })).status).toBe(429);
  });
});

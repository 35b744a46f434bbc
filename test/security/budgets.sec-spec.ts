import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD, type TestUser } from '../support/factory.js';
import { codeTo, drain, messagesTo, wrong } from '../support/jobs.js';
import { tokenOf } from '../support/letters.js';
import { login } from '../support/tokens.js';

const NEXT = 'paper lantern over water';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { WORKER: 'off', TRUST_PROXY: '127.0.0.1', LOCKOUT_SECONDS: '600' } });
});
afterAll(() => service.close());

/** Where a request comes from, as the proxy in front says. */
const from = (address: string) => ({ 'x-forwarded-for': address });
const STRANGER = from('198.51.100.66');
const OWNER = from('203.0.113.7');

const post = <Body = { challengeId: string }>(path: string, body: object, headers = STRANGER) =>
  service.api.post<Body>(path, { body, headers });
const forgot = (identifier: string, headers = STRANGER) => post('/auth/password/forgot', { identifier }, headers);
const requestCode = async (identifier: string, headers: Record<string, string> = STRANGER) =>
  (await service.api.post<{ challengeId: string }>('/auth/otp/request', { body: { identifier }, headers })).body
    .challengeId;
const signIn = (challengeId: string, code: string, headers: Record<string, string> = STRANGER) =>
  service.api.post('/auth/otp/login', { body: { challengeId, code }, headers });
const minutesLater = (minutes: number) =>
  service.sql(
    `UPDATE send_budget SET last_sent_at = last_sent_at - make_interval(mins => $1),
       hour_start = hour_start - make_interval(mins => $1), day_start = day_start - make_interval(mins => $1)`,
    [minutes],
  );

/** What somebody can do who knows nothing but the address, in a quarter of an hour. */
async function pullAllBrakes({ email }: TestUser): Promise<void> {
  for (let index = 0; index < 6; index += 1) await login(service.api, email, `not it ${index}`, STRANGER);
  for (let round = 0; round < 12; round += 1) {
    await post('/auth/register', { firstName: 'Eve', email, password: PASSWORD });
    await forgot(email);
    const challengeId = await requestCode(email);
    await drain(service);
    for (let index = 0; index < 4; index += 1) await signIn(challengeId, '000000');
    await minutesLater(1);
  }
}

describe('A3, S16, S100: whoever pulls every brake with nothing but the address', () => {
  let user: TestUser;
  beforeEach(async () => {
    user = await service.factory.user({ signIn: false });
  });

  it('keeps the owner from no link, on a device and in a network never seen before', async () => {
    await pullAllBrakes(user);
    expect((await login(service.api, user.email, PASSWORD, OWNER)).status).toBe(401);
    const before = (await messagesTo(service, user.email)).length;
    await forgot(user.email, OWNER);
    const messages = await messagesTo(service, user.email);
    expect(messages.length).toBe(before + 1);
    const body = { token: tokenOf(messages[0] ?? {}), newPassword: NEXT };
    expect((await service.api.post('/auth/password/reset', { body, headers: OWNER })).status).toBe(204);
    expect((await login(service.api, user.email, NEXT, OWNER)).status).toBe(200);
  });

  it('keeps the owner from no code, on a device and in a network never seen before', async () => {
    await pullAllBrakes(user);
    const challengeId = await requestCode(user.email, OWNER);
    const code = await codeTo(service, user.email);
    expect((await signIn(challengeId, wrong(code), OWNER)).status).toBe(400);
    expect((await signIn(challengeId, code, OWNER)).status).toBe(200);
  });

  it('leaves the code alone that the owner has asked for', async () => {
    const challengeId = await requestCode(user.email, OWNER);
    const code = await codeTo(service, user.email);
    await pullAllBrakes(user);
    expect((await signIn(challengeId, code, OWNER)).status).toBe(200);
  });
});

import { randomUUID } from 'node:crypto';
import { startApp, type TestApp } from '../support/app.js';
import { tally } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { IdentityNoticesService } from '../../src/users/identities/notices/identity-notices.service.js';
import { PASSWORD, type TestUser } from '../support/factory.js';
import { codeTo, drain, messagesTo, wrong } from '../support/jobs.js';
import { tokenOf } from '../support/letters.js';
import { startSmtpServer, type TestSmtpServer } from '../support/smtp.js';
import { login, signIn as signInWithPassword } from '../support/tokens.js';

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

const post = <Body = { challengeId: string }>(
  path: string,
  body: object,
  headers: Record<string, string> = STRANGER,
) => service.api.post<Body>(path, { body, headers });
const forgot = (identifier: string, headers: Record<string, string> = STRANGER) =>
  post('/auth/password/forgot', { identifier }, headers);
const requestCode = async (identifier: string, headers: Record<string, string> = STRANGER) =>
  (await service.api.post<{ challengeId: string }>('/auth/otp/request', { body: { identifier }, headers }))
    .body.challengeId;
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

it('A3, S100: a device of the owner asks and is asked apart from every stranger', async () => {
  const user = await service.factory.user({ signIn: false });
  const { cookie } = await signInWithPassword(service.api, user.email);
  await pullAllBrakes(user);
  const device = { ...STRANGER, cookie };
  const challengeId = await requestCode(user.email, device);
  const code = await codeTo(service, user.email);
  expect((await signIn(challengeId, wrong(code), device)).status).toBe(400);
  await service.sql('UPDATE user_identity SET otp_failures = 100 WHERE value = $1', [user.email]);
  expect((await signIn(challengeId, code, device)).status).toBe(200);
});

it('A3, S100: the device of somebody else is a stranger', async () => {
  const [user, other] = [
    await service.factory.user({ signIn: false }),
    await service.factory.user({ signIn: false }),
  ];
  const { cookie } = await signInWithPassword(service.api, other.email);
  await pullAllBrakes(user);
  const before = await messagesTo(service, user.email);
  await requestCode(user.email, { ...STRANGER, cookie });
  expect(await messagesTo(service, user.email)).toHaveLength(before.length);
});

it('A3, S24: strangers in however many networks guess ten times an hour, and a hundred times in a row', async () => {
  const user = await service.factory.user({ signIn: false });
  const guesses = async (network: number) => {
    const headers = from(`192.0.2.${network}`);
    const challengeId = await requestCode(user.email, headers);
    await drain(service);
    for (let index = 0; index < 4; index += 1) await signIn(challengeId, '000000', headers);
  };
  for (let network = 0; network < 8; network += 1) {
    await guesses(network);
    await service.sql('DELETE FROM send_budget');
  }
  const count = async () => {
    const [row] = await service.sql<{ identity: number; asked: number }>(
      `SELECT max(i.otp_failures)::int AS identity, sum(c.otp_failures)::int AS asked
       FROM sign_in_code c JOIN user_identity i ON i.id = c.identity_id WHERE i.value = $1`,
      [user.email],
    );
    return row;
  };
  expect(await count()).toEqual({ identity: 10, asked: 10 });
  await service.sql('UPDATE user_identity SET otp_failures = 99 WHERE value = $1', [user.email]);
  await service.sql('DELETE FROM throttle');
  for (const network of [21, 22]) await guesses(network);
  expect((await count())?.identity).toBe(100);
  const before = (await messagesTo(service, user.email)).length;
  await requestCode(user.email, OWNER);
  expect(await messagesTo(service, user.email)).toHaveLength(before);
});

it('A3: unlocking a user ends the pauses and makes the budgets whole', async () => {
  const user = await service.factory.user({ signIn: false });
  const admin = await service.factory.superAdmin();
  await pullAllBrakes(user);
  await service.sql('UPDATE user_identity SET otp_failures = 100 WHERE value = $1', [user.email]);
  const before = (await messagesTo(service, user.email)).length;
  await requestCode(user.email);
  expect(await messagesTo(service, user.email)).toHaveLength(before);
  expect((await service.api.post(`/users/${user.id}/unlock`, { token: admin.token })).status).toBe(204);
  const challengeId = await requestCode(user.email);
  expect((await signIn(challengeId, await codeTo(service, user.email))).status).toBe(200);
  expect((await login(service.api, user.email)).status).toBe(200);
});

it("A3, S100: wrong codes of a stranger's registration pause no other registration of the address", async () => {
  const email = service.factory.email();
  const register = async (headers: Record<string, string>) =>
    (await post('/auth/register', { firstName: 'Ada', email, password: PASSWORD }, headers)).body.challengeId;
  const strangers = [];
  for (let round = 0; round < 4; round += 1) {
    strangers.push(await register(STRANGER));
    await drain(service);
    await minutesLater(1);
  }
  for (const challengeId of [...strangers, ...strangers])
    for (let index = 0; index < 2; index += 1) await post('/auth/verify', { challengeId, code: '000000' });
  const challengeId = await register(OWNER);
  const code = await codeTo(service, email);
  expect((await post('/auth/verify', { challengeId, code }, OWNER)).status).toBe(204);
});

it('F19, S16: whoever is paused by strangers is told of the ways in, by the answer and by mail', async () => {
  const user = await service.factory.user({ signIn: false });
  for (let index = 0; index < 6; index += 1)
    await login(service.api, user.email, `not it ${index}`, STRANGER);
  const paused = await login(service.api, user.email, PASSWORD, OWNER);
  expect(paused.status).toBe(401);
  expect(paused.text).toContain('auth/otp/request');
  expect(paused.text).toContain('auth/password/forgot');
  const [told] = await messagesTo(service, user.email);
  expect(told?.link).toBe('http://gatehouse.test/recovery');
  const challengeId = await requestCode(user.email, OWNER);
  expect((await signIn(challengeId, await codeTo(service, user.email), OWNER)).status).toBe(200);
});

describe('A5, S22, S102: what somebody signed in has sent', () => {
  it('60 changes of the main number are two texts to each number within a quarter of an hour', async () => {
    const user = await service.factory.user();
    const numbers = ['+4915123450701', '+4915123450702'];
    const ids = [];
    for (const value of numbers) {
      const [row] = await service.sql<{ id: number }>(
        `INSERT INTO user_identity (user_id, type, value, is_verified) VALUES ($1, 'mobile', $2, true) RETURNING id`,
        [user.id, value],
      );
      ids.push(row?.id ?? 0);
    }
    for (let index = 0; index < 60; index += 1) {
      const path = `/users/me/identities/${ids[index % 2]}/primary`;
      expect((await service.api.post(path, { token: user.token })).status).toBe(200);
    }
    await drain(service);
    for (const value of numbers)
      expect(service.mailbox.list().filter(({ to }) => to === value)).toHaveLength(1);
    await minutesLater(16);
    await service.sql('UPDATE waiting_notice SET due_at = now()');
    await service.app.get(IdentityNoticesService).enqueueWaiting();
    await drain(service);
    for (const value of numbers)
      expect(service.mailbox.list().filter(({ to }) => to === value)).toHaveLength(2);
  });

  it('resets of a password are five an hour for a user; more are refused, with when to come again', async () => {
    const admin = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    const answers = [];
    for (let index = 0; index < 7; index += 1)
      answers.push(await service.api.post(`/users/${user.id}/password-reset`, { token: admin.token }));
    expect(tally(answers.map(({ status }) => status))).toEqual({ 202: 5, 429: 2 });
    expect(answers[6]?.body.code).toBe('too_many_messages');
    expect(Number(answers[6]?.headers['retry-after'])).toBeGreaterThan(3_500);
    expect(await messagesTo(service, user.email)).toHaveLength(5);
  });

  it('invitations are counted for who sends them, and one that is refused makes no user', async () => {
    const admin = await service.factory.userWith('users.create');
    await service.sql(`UPDATE send_budget SET hour_count = 1000000 WHERE destination IS NULL`);
    const roleId = await service.factory.role();
    const invite = async () => {
      const email = service.factory.email();
      return service.api.post('/users', { token: admin.token, body: { firstName: 'Ada', email, roleId } });
    };
    expect((await invite()).status).toBe(201);
    await service.sql(
      `UPDATE send_budget SET hour_count = 100 WHERE destination IS NULL AND last_sent_at > now() - interval '1 minute'`,
    );
    const users = async () => (await service.sql('SELECT id FROM "user"')).length;
    const before = await users();
    const refused = await invite();
    expect([refused.status, refused.body.code]).toEqual([429, 'too_many_messages']);
    expect(await users()).toBe(before);
  });
});

describe('with a mail server that puts one domain off', () => {
  let sink: TestSmtpServer;
  let live: TestApp;
  let refusals = 0;
  beforeAll(async () => {
    sink = await startSmtpServer({
      onRcptTo: ({ address }, _session, done) => {
        const isPutOff = address.endsWith('@put-off.example');
        refusals += Number(isPutOff);
        done(isPutOff ? Object.assign(new Error('4.7.1 greylisted'), { responseCode: 450 }) : null);
      },
    });
    const env = {
      SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
      MAIL_FROM: 'id@corp.example',
      TRUST_PROXY: '127.0.0.1',
      ADDRESS_MESSAGE_LIMIT: '10',
    };
    live = await startApp({ env });
  });
  afterAll(async () => {
    await live.close();
    await sink.close();
  });

  const ask = (path: string, body: object, headers: Record<string, string>) =>
    live.api.post(path, { body, headers });
  const register = (email: string, headers: Record<string, string>) =>
    ask('/auth/register', { firstName: 'Ada', email, password: PASSWORD }, headers);

  it("A2, S99: 40 registrations there hold up nobody else's code", async () => {
    const users: TestUser[] = [];
    for (let index = 0; index < 5; index += 1) users.push(await live.factory.user({ signIn: false }));
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        register(`nobody-${index}@put-off.example`, from(`192.0.2.${index}`)),
      ),
    );
    await eventually(() => refusals >= 45, 20_000);
    const begun = performance.now();
    for (const { email } of users) await ask('/auth/otp/request', { identifier: email }, OWNER);
    const arrived = () => sink.received.filter(({ to }) => users.some(({ email }) => email === to[0]));
    // A provider that is paused is left alone for 30 s; alone on a machine this takes 0.2 s.
    await eventually(() => arrived().length === users.length, 10_000);
    process.stdout.write(`A2: five codes after ${Math.round(performance.now() - begun)} ms\n`);
  });

  it('A9, S102: ten messages in ten minutes are asked for by one network, then told to wait', async () => {
    const network = from('2001:db8:7:7::1');
    const answers = [];
    for (let index = 0; index < 4; index += 1) {
      answers.push(await register(`${randomUUID()}@example.com`, network));
      answers.push(await ask('/auth/otp/request', { identifier: `${randomUUID()}@example.com` }, network));
      answers.push(
        await ask('/auth/password/forgot', { identifier: 'ada@example.com' }, from('2001:db8:7:7::2')),
      );
    }
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(202), 429, 429]);
    expect(answers[11]?.body.code).toBe('too_many_messages');
    expect(Number(answers[11]?.headers['retry-after'])).toBeGreaterThan(500);
    const page = await live.api.call('POST', '//recovery', {
      raw: { type: 'application/x-www-form-urlencoded', data: 'identifier=ada@example.com' },
      headers: { ...network, 'sec-fetch-site': 'same-origin' },
    });
    expect([page.status, Number(page.headers['retry-after']) > 500]).toEqual([429, true]);
    expect((await register(`${randomUUID()}@example.com`, OWNER)).status).toBe(202);
  });

  it('A9, S107: a device that is known does not wait for others of its network', async () => {
    const network = from('198.51.100.9');
    const user = await live.factory.user({ signIn: false });
    const { cookie } = await signInWithPassword(live.api, user.email);
    for (let index = 0; index < 10; index += 1)
      await ask('/auth/otp/request', { identifier: `${randomUUID()}@example.com` }, network);
    const again = () => ask('/auth/otp/request', { identifier: user.email }, network);
    expect((await again()).status).toBe(429);
    const known = { ...network, cookie };
    expect((await ask('/auth/otp/request', { identifier: user.email }, known)).status).toBe(202);
    await eventually(() => sink.received.some(({ to }) => to[0] === user.email), 10_000);
  });
});

import { tokenOf } from '../support/letters.js';
import { randomUUID } from 'node:crypto';
import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { type Cluster, startCluster, tally, together } from '../support/cluster.js';
import { PASSWORD, type TestUser } from '../support/factory.js';
import { codeTo, messagesTo, messageTo, wrong } from '../support/jobs.js';

type Problem = { code: string };
type Tokens = Problem & { access_token: string };

let cluster: Cluster;
let a: TestApp;
beforeAll(async () => {
  cluster = await startCluster({ OTP_RESEND_SECONDS: '0', WORKER: 'off' });
  a = cluster.a;
});
afterAll(() => cluster.close());

/** The instances in turns. */
const at = (index: number): TestApp => (index % 2 === 0 ? cluster.a : cluster.b);

async function requestCode(identifier: string): Promise<string> {
  const response = await a.api.post<{ challengeId: string }>('/auth/otp/request', { body: { identifier } });
  expect(response.status).toBe(202);
  return response.body.challengeId;
}

const signIn = (challengeId: string, code: string, service: TestApp = a): Promise<ApiResponse<Tokens>> =>
  service.api.post<Tokens>('/auth/otp/login', { body: { challengeId, code } });

/** A user who has asked for a code, and the code. */
async function challenged(): Promise<{ user: TestUser; challengeId: string; code: string }> {
  const user = await a.factory.user({ signIn: false });
  const challengeId = await requestCode(user.email);
  return { user, challengeId, code: await codeTo(a, user.email) };
}

async function stateOf(email: string): Promise<{ wrong: number; isLocked: boolean; failures: number }> {
  const rows = await a.sql<{ wrong: number; isLocked: boolean; failures: number }>(
    `SELECT c.wrong_otp_count AS wrong, coalesce(c.otp_locked_until > now(), false) AS "isLocked", c.otp_failures AS failures
     FROM sign_in_code c JOIN user_identity i ON i.id = c.identity_id WHERE i.value = $1`,
    [email],
  );
  return rows[0] ?? { wrong: -1, isLocked: false, failures: -1 };
}

/** Changes the code to sign in with at this address. */
const setCode = (email: string, change: string) =>
  a.sql(
    `UPDATE sign_in_code c SET ${change} FROM user_identity i WHERE i.id = c.identity_id AND i.value = $1`,
    [email],
  );
const endLock = (email: string) => setCode(email, `otp_locked_until = now() - interval '1 second'`);

/** The hour's count of the destination is about something else than these tests. */
const forgetHour = () => a.sql('DELETE FROM throttle');

it('S24, G7: of 200 wrong codes at once three are compared, and then the right one is refused', async () => {
  const { user, challengeId, code } = await challenged();
  const answers = await together(200, (index) => signIn(challengeId, wrong(code), at(index)));
  expect(tally(answers.map(({ status }) => status))).toEqual({ 400: 200 });
  expect(await stateOf(user.email)).toEqual({ wrong: 3, isLocked: true, failures: 3 });
  const [strangers] = await a.sql<{ count: number }>(
    'SELECT otp_failures AS count FROM user_identity WHERE value = $1',
    [user.email],
  );
  expect(strangers?.count).toBe(3);
  await forgetHour();
  expect((await signIn(challengeId, code)).body.code).toBe('invalid_code');
  const audit = await a.sql<{ action: string }>(
    `SELECT action FROM audit_log WHERE action = 'otp.locked' AND subject_id = $1`,
    [String(user.id)],
  );
  expect(audit).toHaveLength(1);
});

it('S26, G2: of 50 right codes at once one signs in', async () => {
  const { user, challengeId, code } = await challenged();
  const answers = await together(50, (index) => signIn(challengeId, code, at(index)));
  expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 1, 400: 49 });
  const sessions = await a.sql('SELECT id FROM session WHERE user_id = $1', [user.id]);
  expect(sessions).toHaveLength(1);
});

it('S25, G7: a new code ends the old one and resets no count', async () => {
  const { user, challengeId, code } = await challenged();
  await signIn(challengeId, wrong(code));
  await signIn(challengeId, wrong(code));
  const next = await requestCode(user.email);
  const newCode = await codeTo(a, user.email);
  expect((await signIn(challengeId, code)).status).toBe(400);
  expect((await signIn(next, wrong(newCode))).status).toBe(400);
  expect(await stateOf(user.email)).toEqual({ wrong: 3, isLocked: true, failures: 3 });
  expect((await signIn(next, newCode)).status).toBe(400);
});

it('S25: when the lock has run out a new code begins anew, and only then', async () => {
  const { user, challengeId, code } = await challenged();
  for (const _ of [1, 2, 3]) await signIn(challengeId, wrong(code));
  const sent = (await messagesTo(a, user.email)).length;
  await requestCode(user.email);
  expect(await messagesTo(a, user.email)).toHaveLength(sent);
  await endLock(user.email);
  expect((await signIn(challengeId, code)).status).toBe(400);
  const next = await requestCode(user.email);
  expect((await signIn(next, await codeTo(a, user.email))).status).toBe(200);
  expect(await stateOf(user.email)).toEqual({ wrong: 0, isLocked: false, failures: 0 });
});

it('S23: a code is good for five minutes by the clock of the database', async () => {
  const early = await challenged();
  await setCode(early.user.email, `otp_generated_at = now() - interval '295 seconds'`);
  expect((await signIn(early.challengeId, early.code)).status).toBe(200);
  const late = await challenged();
  await setCode(late.user.email, `otp_generated_at = now() - interval '301 seconds'`);
  expect((await signIn(late.challengeId, late.code)).status).toBe(400);
});

it('S24: ten wrong codes within an hour pause a destination, whatever the challenge', async () => {
  const { user, ...first } = await challenged();
  let { challengeId, code } = first;
  for (let round = 0; round < 3; round += 1) {
    for (const _ of [1, 2, 3]) await signIn(challengeId, wrong(code));
    await endLock(user.email);
    await a.sql('DELETE FROM send_budget');
    challengeId = await requestCode(user.email);
    code = await codeTo(a, user.email);
  }
  await signIn(challengeId, wrong(code));
  expect((await signIn(challengeId, code)).status).toBe(400);
  expect((await stateOf(user.email)).failures).toBe(10);
});

it('S24: tries at a challenge without a code count against nobody', async () => {
  const user = await a.factory.user({ signIn: false });
  const unsent = await requestCode(user.email);
  const { body } = await a.api.post<{ challengeId: string }>('/auth/register', {
    body: { firstName: 'Eve', email: user.email, password: PASSWORD },
  });
  for (let round = 0; round < 12; round += 1) {
    await signIn(unsent, '000000');
    await a.api.post('/auth/verify', { body: { challengeId: body.challengeId, code: '000000' } });
  }
  const sent = await messagesTo(a, user.email);
  expect((await signIn(unsent, sent.find(({ code }) => code)?.code ?? '')).status).toBe(200);
});

it('S24: wrong codes of registrations pause nobody who signs in at the same address', async () => {
  const user = await a.factory.user({ signIn: false });
  for (let round = 0; round < 4; round += 1) {
    await a.sql('DELETE FROM send_budget');
    const { body } = await a.api.post<{ challengeId: string }>('/auth/register', {
      body: { firstName: 'Eve', email: user.email, password: PASSWORD },
    });
    await messagesTo(a, user.email);
    for (const _ of [1, 2, 3])
      await a.api.post('/auth/verify', { body: { challengeId: body.challengeId, code: '000000' } });
  }
  const [counted] = await a.sql<{ wrong: number }>(
    'SELECT sum(otp_failures)::int AS wrong FROM registration WHERE contact_value = $1',
    [user.email],
  );
  expect(counted?.wrong).toBe(12);
  const challengeId = await requestCode(user.email);
  expect((await signIn(challengeId, await codeTo(a, user.email))).status).toBe(200);
});

it('S24: after 100 wrong codes in a row no more are sent, until the address is proved in another way', async () => {
  const { user, challengeId, code } = await challenged();
  await a.sql('UPDATE user_identity SET otp_failures = 100 WHERE value = $1', [user.email]);
  expect((await signIn(challengeId, code)).status).toBe(400);
  const sent = (await messagesTo(a, user.email)).length;
  await requestCode(user.email);
  expect(await messagesTo(a, user.email)).toHaveLength(sent);
  const admin = await a.factory.superAdmin();
  await a.api.post(`/users/${user.id}/password-reset`, { token: admin.token });
  const reset = await messageTo(a, user.email, sent + 1);
  const proof = { token: tokenOf(reset), newPassword: 'paper lantern over water' };
  expect((await a.api.post('/auth/password/reset', { body: proof })).status).toBe(204);
  const next = await requestCode(user.email);
  expect((await signIn(next, await codeTo(a, user.email))).status).toBe(200);
});

it('S27: a code is good for its challenge, its purpose and its identity only', async () => {
  const one = await challenged();
  const two = await challenged();
  if (one.code !== two.code) expect((await signIn(two.challengeId, one.code)).status).toBe(400);
  const elsewhere = { body: { challengeId: one.challengeId, code: one.code } };
  expect((await a.api.post<Problem>('/auth/verify', elsewhere)).body.code).toBe('invalid_code');
  // The same row, code and challenge under another identity: the MAC does not fit.
  await setCode(one.user.email, 'otp_challenge = NULL');
  await a.sql(
    `UPDATE sign_in_code t SET otp_code = s.otp_code, otp_challenge = $3, otp_purpose = s.otp_purpose,
       otp_generated_at = s.otp_generated_at
     FROM sign_in_code s, user_identity one, user_identity two
     WHERE s.identity_id = one.id AND one.value = $1 AND t.identity_id = two.id AND two.value = $2`,
    [one.user.email, two.user.email, one.challengeId],
  );
  expect((await signIn(one.challengeId, one.code)).status).toBe(400);
});

it('S27: a registration cannot be used to sign in', async () => {
  const email = a.factory.email();
  const { body } = await a.api.post<{ challengeId: string }>('/auth/register', {
    body: { firstName: 'Ada', email, password: PASSWORD },
  });
  expect((await signIn(body.challengeId, await codeTo(a, email))).status).toBe(400);
});

describe('S14: between the code and the sign-in', () => {
  it.each([
    ['disabled', 'UPDATE "user" SET is_active = false WHERE id = $1', 400],
    ['deleted', '', 400],
    [
      'locked for wrong passwords',
      `UPDATE user_auth SET account_locked_until = now() + interval '1 hour' WHERE user_id = $1`,
      200,
    ],
  ])('a user who is %s is treated as that', async (_, sql, status) => {
    const { user, challengeId, code } = await challenged();
    const admin = await a.factory.superAdmin();
    if (sql) await a.sql(sql, [user.id]);
    else await a.api.delete(`/users/${user.id}`, { token: admin.token });
    expect((await signIn(challengeId, code)).status).toBe(status);
  });
});

it('S14, S75: a code that was out ends when its user is disabled or deleted, also if that is taken back', async () => {
  const admin = await a.factory.superAdmin();
  const asAdmin = { token: admin.token };
  const disabled = await challenged();
  for (const isActive of [false, true])
    await a.api.patch(`/users/${disabled.user.id}`, { ...asAdmin, body: { isActive } });
  expect((await signIn(disabled.challengeId, disabled.code)).status).toBe(400);
  const deleted = await challenged();
  await a.api.delete(`/users/${deleted.user.id}`, asAdmin);
  expect((await a.api.post(`/users/${deleted.user.id}/restore`, asAdmin)).status).toBe(200);
  expect((await signIn(deleted.challengeId, deleted.code)).status).toBe(400);
});

it('S14: a user who was disabled meanwhile proves no contact', async () => {
  const user = await a.factory.user();
  const email = a.factory.email();
  const added = await a.api.post<{ id: number }>('/users/me/identities', {
    token: user.token,
    body: { email },
  });
  const path = `/users/me/identities/${added.body.id}/otp`;
  const { body } = await a.api.post<{ challengeId: string }>(path, { token: user.token });
  const code = await codeTo(a, email);
  await a.sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);
  const proof = { body: { challengeId: body.challengeId, code } };
  expect((await a.api.post<Problem>('/auth/verify', proof)).body.code).toBe('invalid_code');
  const [row] = await a.sql<{ isVerified: boolean }>(
    'SELECT is_verified AS "isVerified" FROM user_identity WHERE id = $1',
    [added.body.id],
  );
  expect(row?.isVerified).toBe(false);
});

it('S16: wrong codes for registrations with an address do not pause the sign-in of its owner', async () => {
  const user = await a.factory.user({ signIn: false });
  for (let round = 0; round < 4; round += 1) {
    await a.sql('DELETE FROM send_budget');
    const { body } = await a.api.post<{ challengeId: string }>('/auth/register', {
      body: { firstName: 'Eve', email: user.email, password: PASSWORD },
    });
    await messagesTo(a, user.email);
    for (const _ of [1, 2, 3])
      await a.api.post('/auth/verify', { body: { challengeId: body.challengeId, code: '000000' } });
  }
  await a.sql('DELETE FROM send_budget');
  const challengeId = await requestCode(user.email);
  expect((await signIn(challengeId, await codeTo(a, user.email))).status).toBe(200);
});

it('S75, S30: nothing is sent to the unknown, the unverified, the disabled and the deleted', async () => {
  const states = [
    'UPDATE user_identity SET is_verified = false WHERE user_id = $1',
    'UPDATE "user" SET is_active = false WHERE id = $1',
    'UPDATE user_identity SET deleted_at = now() WHERE user_id = $1',
  ];
  for (const sql of states) {
    const user = await a.factory.user({ signIn: false });
    await a.sql(sql, [user.id]);
    await requestCode(user.email);
    expect([sql, await messagesTo(a, user.email)]).toEqual([sql, []]);
  }
  await requestCode('nobody-at-all@example.com');
  expect(await messagesTo(a, 'nobody-at-all@example.com')).toEqual([]);
});

it('S28, G7: no code is in a table, a job or an answer', async () => {
  const { user, challengeId, code } = await challenged();
  const tables = await a.sql<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  const dumps = await Promise.all(
    tables.map(({ name }) => a.sql<{ text: string }>(`SELECT t::text AS text FROM "${name}" t`)),
  );
  const texts = dumps.flat().filter(({ text }) => new RegExp(`(?<![\\w.-])${code}(?![\\w.-])`).test(text));
  expect(texts).toEqual([]);
  const answer = await signIn(challengeId, wrong(code));
  expect(answer.text).not.toContain(code);
  const [stored] = await a.sql<{ mac: string }>(
    'SELECT c.otp_code AS mac FROM sign_in_code c JOIN user_identity i ON i.id = c.identity_id WHERE i.user_id = $1',
    [user.id],
  );
  expect(stored?.mac).toMatch(/^[\w-]{10}$/);
});

it('S22: who locks an account again and again has its owner told once an hour, three times a day, and spends no way back', async () => {
  const { id, email } = await a.factory.user({ signIn: false });
  const told: number[] = [];
  const lock = async () => {
    for (let index = 0; index < 5; index += 1)
      await a.api.post('/auth/login', { body: { username: email, password: `not it ${index}` } });
    await a.sql('UPDATE user_auth SET account_locked_until = now() WHERE user_id = $1', [id]);
    told.push((await messagesTo(a, email)).length);
  };
  for (let hour = 0; hour < 4; hour += 1) {
    await lock();
    await lock();
    await a.sql(`UPDATE send_budget SET hour_start = hour_start - interval '61 minutes'`);
  }
  expect(told).toEqual([1, 1, 2, 2, 3, 3, 3, 3]);
  const locks = await a.sql(`SELECT 1 FROM audit_log WHERE action = 'auth.locked' AND subject_id = $1`, [
    String(id),
  ]);
  expect(locks).toHaveLength(8);
  await a.api.post('/auth/password/forgot', { body: { identifier: email } });
  expect((await messagesTo(a, email))[0]?.link).toContain('token=');
});

describe('S22: the budget of one destination', () => {
  it('is three an hour and six a day of each use for one network', async () => {
    const service = a;
    const user = await service.factory.user({ signIn: false });
    const ask = async () => {
      await requestCode(user.email);
      await service.api.post('/auth/register', {
        body: { firstName: 'Ada', email: user.email, password: PASSWORD },
      });
      return (await messagesTo(service, user.email)).length;
    };
    for (let round = 0; round < 4; round += 1) await ask();
    expect(await ask()).toBe(6);
    await service.sql(`UPDATE send_budget SET hour_start = now() - interval '61 minutes'`);
    for (let round = 0; round < 4; round += 1) await ask();
    expect(await ask()).toBe(12);
    await service.sql(`UPDATE send_budget SET hour_start = now() - interval '61 minutes'`);
    expect(await ask()).toBe(12);
    const [audited] = await service.sql<{ count: number }>(
      `SELECT count(*)::int FROM audit_log WHERE action = 'message.over_budget'`,
    );
    expect(audited?.count).toBeGreaterThanOrEqual(10);
  });
});

describe('one address', () => {
  let strict: TestApp;
  beforeAll(async () => {
    const env = { ADDRESS_FAILURE_LIMIT: '5', LOGIN_RATE_LIMIT: '3', WORKER: 'off' };
    strict = await startApp({ databaseUrl: a.databaseUrl, env });
  });
  afterAll(() => strict.close());

  it('S21: is limited in wrong codes, over all challenges and both routes', async () => {
    await forgetHour();
    const statuses: number[] = [];
    for (let index = 0; index < 8; index += 1) {
      const body = { challengeId: randomUUID(), code: '123456' };
      const path = index % 2 ? '/auth/verify' : '/auth/otp/login';
      statuses.push((await strict.api.post(path, { body })).status);
    }
    await forgetHour();
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429, 429, 429]);
  });

  it.each([
    ['/auth/otp/request', { identifier: 'flood@example.com' }],
    ['/auth/register', { firstName: 'Ada', email: 'flood@example.com', password: PASSWORD }],
  ])('S18: asks %s so often a minute for one account, in every spelling', async (path, body) => {
    const answers = [];
    for (const email of [
      'flood@example.com',
      'FLOOD@example.com',
      ' flood@example.com',
      'flood@EXAMPLE.com',
    ]) {
      const spelt = 'email' in body ? { ...body, email } : { identifier: email };
      answers.push((await strict.api.post(path, { body: spelt })).status);
    }
    expect(answers).toEqual([202, 202, 202, 429]);
    const other =
      'email' in body ? { ...body, email: 'other@example.com' } : { identifier: 'other@example.com' };
    expect((await strict.api.post(path, { body: other })).status).toBe(202);
  });
});

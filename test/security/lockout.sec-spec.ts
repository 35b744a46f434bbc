import { hash as bcryptHash } from 'bcrypt';
import { HashingQueue } from '../../src/platform/security/hashing-queue.js';
import { PasswordHasher } from '../../src/platform/security/password-hasher.js';
import { Overloaded } from '../../src/platform/security/security.errors.js';
import type { ApiResponse } from '../support/api.js';
import { type Cluster, startCluster, tally, together } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD, type TestUser } from '../support/factory.js';
import { login, refresh, signIn, statusOf } from '../support/tokens.js';
import { tokenTo } from '../support/letters.js';

const LIMIT = 5;
const WRONG = 'not the right password';

let cluster: Cluster;
let admin: TestUser;
beforeAll(async () => {
  cluster = await startCluster({
    LOCKOUT_LIMIT: String(LIMIT),
    LOCKOUT_SECONDS: '60',
    LOCKOUT_MAX_SECONDS: '200',
  });
  admin = await cluster.a.factory.superAdmin();
});
afterAll(() => cluster.close());

const newUser = (username?: string) =>
  cluster.a.factory.user({ signIn: false, ...(username !== undefined && { username }) });

async function fail(username: string, times: number, password = WRONG): Promise<ApiResponse<unknown>[]> {
  const answers: ApiResponse<unknown>[] = [];
  for (let index = 0; index < times; index += 1) {
    answers.push(await login(index % 2 === 0 ? cluster.a.api : cluster.b.api, username, password));
  }
  return answers;
}

interface LockState {
  readonly count: number;
  /** Length of the lock in seconds; null when there is none. */
  readonly length: number | null;
}

async function lockState({ id }: TestUser): Promise<LockState | undefined> {
  const rows = await cluster.a.sql<LockState>(
    `SELECT wrong_password_count AS count, extract(epoch FROM account_locked_until - updated_at)::int AS length
     FROM user_auth WHERE user_id = $1`,
    [id],
  );
  return rows[0];
}

/** As if the lock had run out. */
async function outwait({ id }: TestUser): Promise<void> {
  await cluster.a.sql(
    `UPDATE user_auth SET account_locked_until = now() - interval '1 second' WHERE user_id = $1`,
    [id],
  );
}

/** Everything of an answer that a caller sees, but what differs from request to request anyway. */
function face({ status, headers, text }: ApiResponse<unknown>): unknown {
  const { date: _date, 'x-request-id': _id, ratelimit: _left, ...rest } = headers;
  return [status, rest, text.replace(/"requestId":"[^"]+"/, '')];
}

it('S13, G5: 200 wrong passwords at once on two instances: five are compared, then the right one is refused', async () => {
  const user = await newUser();
  const spies = [cluster.a, cluster.b].map(({ app }) => jest.spyOn(app.get(PasswordHasher), 'verify'));
  const answers = await together(200, (index) =>
    login(index % 2 === 0 ? cluster.a.api : cluster.b.api, user.email, `${WRONG} ${index}`),
  );
  expect(tally(answers.map(({ status }) => status))).toEqual({ 401: 200 });
  const right = await login(cluster.a.api, user.email);
  expect(spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)).toBe(LIMIT);
  for (const spy of spies) spy.mockRestore();
  expect(await lockState(user)).toEqual({ count: LIMIT, length: 60 });
  // Nothing tells a locked account with the right password from one with a wrong one.
  const [wrong] = await fail((await newUser()).email, 1);
  expect(wrong && face(right)).toEqual(wrong && face(wrong));
  expect(await lockState(user)).toEqual({ count: LIMIT, length: 60 });
}, 30_000);

it('S13: the right password among many wrong ones at once costs no more than the limit', async () => {
  const user = await newUser();
  const spy = [cluster.a, cluster.b].map(({ app }) => jest.spyOn(app.get(PasswordHasher), 'verify'));
  await together(60, (index) =>
    login(index % 2 === 0 ? cluster.a.api : cluster.b.api, user.email, `${WRONG} ${index}`),
  );
  await together(20, () => login(cluster.b.api, user.email));
  expect(spy.reduce((sum, { mock }) => sum + mock.calls.length, 0)).toBe(LIMIT);
  for (const one of spy) one.mockRestore();
});

it('S13: a lock ends by itself, each one is twice as long as the last up to a maximum, and success starts over', async () => {
  const user = await newUser();
  for (const length of [60, 120, 200, 200]) {
    await fail(user.email, LIMIT - 1);
    expect((await lockState(user))?.length ?? null).toBeNull();
    await fail(user.email, 1);
    expect((await lockState(user))?.length).toBe(length);
    await outwait(user);
  }
  expect((await login(cluster.a.api, user.email)).status).toBe(200);
  expect(await lockState(user)).toEqual({ count: 0, length: null });
  await fail(user.email, LIMIT);
  expect((await lockState(user))?.length).toBe(60);
});

it('S13: failures while locked neither count nor extend the lock', async () => {
  const user = await newUser();
  await fail(user.email, LIMIT);
  const before = await cluster.a.sql(
    'SELECT account_locked_until, wrong_password_count FROM user_auth WHERE user_id = $1',
    [user.id],
  );
  await fail(user.email, 8);
  const after = await cluster.a.sql(
    'SELECT account_locked_until, wrong_password_count FROM user_auth WHERE user_id = $1',
    [user.id],
  );
  expect(after).toEqual(before);
});

it('S13: the owner is told of a lock, once, and it is audited; the answer does not change', async () => {
  const user = await newUser();
  const answers = await fail(user.email, LIMIT + 2);
  expect(new Set(answers.map((answer) => JSON.stringify(face(answer)))).size).toBe(1);
  const mails = () =>
    [...cluster.a.mailbox.list(), ...cluster.b.mailbox.list()].filter(({ to }) => to === user.email);
  await eventually(() => mails().length > 0);
  expect(mails().map(({ subject }) => subject)).toEqual(['Sign-in to your account is paused']);
  const audited = await cluster.a.sql<{ action: string; outcome: string; ip: string }>(
    `SELECT action, outcome, host(ip) AS ip FROM audit_log WHERE subject_type = 'user' AND subject_id = $1 ORDER BY id`,
    [String(user.id)],
  );
  const failure = { action: 'auth.login', outcome: 'failure', ip: '127.0.0.1' };
  expect(audited).toEqual([
    ...Array.from({ length: LIMIT }, () => failure),
    { action: 'auth.locked', outcome: 'success', ip: '127.0.0.1' },
    failure,
    failure,
  ]);
});

it('S13: an unknown name leaves no trace of itself', async () => {
  const count = async () =>
    (
      await cluster.a.sql(
        `SELECT (SELECT count(*) FROM user_auth) AS auth, (SELECT count(*) FROM throttle) AS throttle`,
      )
    )[0];
  const name = 'nobody-at-all@example.com';
  await fail(name, 1);
  const before = await count();
  await fail(name, LIMIT * 2);
  expect(await count()).toEqual(before);
  const rows = await cluster.a.sql('SELECT id FROM audit_log l WHERE l::text LIKE $1', [`%${name}%`]);
  expect(rows).toEqual([]);
});

it('S14: a lock is honoured by JSON and by form; a disabled user by every way in', async () => {
  const user = await newUser();
  const { access, refresh: token } = await signIn(cluster.a.api, user.email);
  const form = (password: string) =>
    cluster.a.api.post('/auth/login', {
      raw: {
        type: 'application/x-www-form-urlencoded',
        data: new URLSearchParams({ grant_type: 'password', username: user.email, password }).toString(),
      },
    });
  const change = (currentPassword: string) =>
    cluster.b.api.post('/auth/password/change', {
      token: access,
      body: { currentPassword, newPassword: 'paper lantern over water' },
    });
  expect((await form(PASSWORD)).status).toBe(200);
  // To a form it is told as RFC 6749, section 5.2, has it.
  for (let index = 0; index < LIMIT; index += 1) expect((await form(WRONG)).status).toBe(400);
  expect((await form(PASSWORD)).status).toBe(400);
  expect((await login(cluster.b.api, user.email)).status).toBe(401);

  // A token to set a password with, sent before the user is disabled, is refused at its completion.
  const code = await tokenTo([cluster.a, cluster.b], user.email, () =>
    cluster.a.api.post(`/users/${user.id}/password-reset`, { token: admin.token }),
  );
  await outwait(user);
  const device = await signIn(cluster.a.api, user.email);
  await cluster.a.api.patch(`/users/${user.id}`, { token: admin.token, body: { isActive: false } });
  expect((await form(PASSWORD)).status).toBe(400);
  expect((await login(cluster.b.api, user.email, PASSWORD, { cookie: device.cookie })).status).toBe(401);
  for (const dead of [token, device.refresh]) expect((await refresh(cluster.b.api, dead)).status).toBe(401);
  expect((await change(PASSWORD)).status).toBe(401);
  const reset = await cluster.b.api.post('/auth/password/reset', {
    body: { token: code, newPassword: 'paper lantern over water' },
  });
  expect([reset.status, reset.body.code]).toEqual([400, 'invalid_reset_token']);
});

it('S15: every spelling of the account shares its count', async () => {
  const username = cluster.a.factory.unique('Owner');
  const user = await newUser(username);
  const mobile = '+4915123456780';
  await cluster.a.sql(
    `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary) VALUES ($1, 'mobile', $2, true, true)`,
    [user.id, mobile],
  );
  const spellings = [
    user.email.toUpperCase(),
    ` ${user.email} `,
    username,
    ` ${username.toUpperCase()}`,
    mobile,
  ];
  for (const name of spellings) {
    expect((await login(cluster.a.api, name)).status).toBe(200);
  }
  for (const name of spellings) await fail(name, 1);
  expect((await lockState(user))?.count).toBe(LIMIT);
  for (const name of spellings) expect((await login(cluster.b.api, name)).status).toBe(401);
});

it("S15: a username cannot be somebody's e-mail address or mobile number", async () => {
  const victim = await newUser();
  const roleId = await cluster.a.factory.roleId('User');
  for (const username of [victim.email, '+4915123456789', '4915123456789', 'a@b', 'ada ']) {
    const body = { firstName: 'Eve', roleId, email: cluster.a.factory.email(), username };
    const answer = await cluster.a.api.post('/users', { token: admin.token, body });
    expect([username, answer.status]).toEqual([username, username === 'ada ' ? 201 : 400]);
  }
});

it('S16: an attacker with the name alone locks out strangers, not the owner', async () => {
  const user = await newUser();
  const home = await signIn(cluster.a.api, user.email);
  await together(50, (index) => login(index % 2 === 0 ? cluster.a.api : cluster.b.api, user.email, WRONG));
  expect((await lockState(user))?.length).toBeGreaterThan(0);
  expect((await login(cluster.a.api, user.email)).status).toBe(401);
  // The device that has signed in before, wherever it goes now.
  const again = await login(cluster.b.api, user.email, PASSWORD, { cookie: home.cookie });
  expect(again.status).toBe(200);
  // Live sessions go on.
  expect(await statusOf(cluster.b.api, home.access)).toBe(200);
  expect((await refresh(cluster.b.api, home.refresh)).status).toBe(200);
});

it('G6: attacker locks an account: the owner gets in on a known device, after a reset, and when the lock has ended', async () => {
  const user = await newUser();
  const home = await signIn(cluster.a.api, user.email);
  await fail(user.email, LIMIT);
  expect((await login(cluster.b.api, user.email, PASSWORD, { cookie: home.cookie })).status).toBe(200);

  await fail(user.email, LIMIT);
  const token = await tokenTo([cluster.a, cluster.b], user.email, () =>
    cluster.a.api.post(`/users/${user.id}/password-reset`, { token: admin.token }),
  );
  const newPassword = 'paper lantern over water';
  const reset = await cluster.b.api.post('/auth/password/reset', { body: { token, newPassword } });
  expect(reset.status).toBe(204);
  expect((await login(cluster.b.api, user.email, newPassword)).status).toBe(200);

  await fail(user.email, LIMIT);
  expect((await login(cluster.b.api, user.email, newPassword)).status).toBe(401);
  await outwait(user);
  expect((await login(cluster.b.api, user.email, newPassword)).status).toBe(200);
});

it('S16: the device cookie is for one user, cannot be made up, and a device may be wrong ten times', async () => {
  const user = await newUser();
  const other = await newUser();
  const { cookie } = await signIn(cluster.a.api, user.email);
  const { cookie: foreign } = await signIn(cluster.a.api, other.email);
  await fail(user.email, LIMIT);
  const [name = '', value = ''] = cookie.split('=');
  const [, id = '', mac = ''] = value.split('.');
  const forged = [
    foreign,
    `${name}=${user.id}.${foreign.split('.').slice(1).join('.')}`,
    `${name}=${user.id}.${id}.${'A'.repeat(43)}`,
    `${name}=${user.id}.${'A'.repeat(22)}.${mac}`,
    `${name}=${user.id}`,
    `x${cookie}`,
    'x'.repeat(4_000),
  ];
  for (const header of forged) {
    expect((await login(cluster.b.api, user.email, PASSWORD, { cookie: header })).status).toBe(401);
  }
  for (let index = 0; index < 10; index += 1) {
    await login(cluster.a.api, user.email, WRONG, { cookie });
  }
  // From here on it is a stranger, and strangers are locked out.
  expect((await login(cluster.b.api, user.email, PASSWORD, { cookie })).status).toBe(401);
  await outwait(user);
  expect((await login(cluster.b.api, user.email, PASSWORD, { cookie })).status).toBe(200);
});

it('S16: a new password makes strangers of all devices, whoever set it', async () => {
  const user = await newUser();
  const next = 'paper lantern over water';
  const last = 'another lantern over water';
  const old = await signIn(cluster.a.api, user.email);
  const body = { currentPassword: PASSWORD, newPassword: next };
  const changed = await cluster.b.api.post('/auth/password/change', { token: old.access, body });
  expect(changed.status).toBe(204);
  const current = await signIn(cluster.a.api, user.email, next);
  await fail(user.email, LIMIT);
  expect((await login(cluster.a.api, user.email, next, { cookie: old.cookie })).status).toBe(401);
  expect((await login(cluster.b.api, user.email, next, { cookie: current.cookie })).status).toBe(200);

  const token = await tokenTo([cluster.a, cluster.b], user.email, () =>
    cluster.a.api.post(`/users/${user.id}/password-reset`, { token: admin.token }),
  );
  const reset = await cluster.b.api.post('/auth/password/reset', { body: { token, newPassword: last } });
  expect(reset.status).toBe(204);
  await fail(user.email, LIMIT);
  expect((await login(cluster.a.api, user.email, last, { cookie: current.cookie })).status).toBe(401);
});

it('S16: a hash that is replaced at a sign-in is no new password: the device stays known', async () => {
  const user = await newUser();
  const { cookie } = await signIn(cluster.a.api, user.email);
  await cluster.a.sql(`UPDATE user_auth SET password_hash = $2 WHERE user_id = $1`, [
    user.id,
    await bcryptHash(PASSWORD, 4),
  ]);
  expect((await login(cluster.a.api, user.email)).status).toBe(200);
  await fail(user.email, LIMIT);
  expect((await login(cluster.b.api, user.email, PASSWORD, { cookie })).status).toBe(200);
});

it('S16: all known devices of one user together may be wrong thirty times; right ones do not count', async () => {
  const user = await newUser();
  const devices: string[] = [];
  for (let index = 0; index < 5; index += 1) devices.push((await signIn(cluster.a.api, user.email)).cookie);
  await fail(user.email, LIMIT);
  const spies = [cluster.a, cluster.b].map(({ app }) => jest.spyOn(app.get(PasswordHasher), 'verify'));
  for (let index = 0; index < 12; index += 1)
    expect((await login(cluster.a.api, user.email, PASSWORD, { cookie: devices[4] ?? '' })).status).toBe(200);
  await fail(user.email, LIMIT);
  for (const spy of spies) spy.mockClear();
  await together(48, (index) =>
    login(index % 2 === 0 ? cluster.a.api : cluster.b.api, user.email, WRONG, {
      cookie: devices[index % 4] ?? '',
    }),
  );
  expect(spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)).toBe(30);
  for (const spy of spies) spy.mockRestore();
  // The fifth is a stranger as well now, and strangers are locked out.
  expect((await login(cluster.b.api, user.email, PASSWORD, { cookie: devices[4] ?? '' })).status).toBe(401);
});

it('S16: the device cookie has every attribute that keeps it where it belongs', async () => {
  const user = await newUser();
  const answer = await login(cluster.a.api, user.email);
  const [setCookie = ''] = [answer.headers['set-cookie']].flat();
  expect(setCookie).toMatch(
    /^__Host-gatehouse-device=\d+\.[\w-]{22}\.[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  const refused = await login(cluster.a.api, user.email, WRONG);
  expect(refused.headers['set-cookie']).toBeUndefined();
});

it('S16: an administrator unlocks: with the privilege, and nobody stronger than themselves', async () => {
  const { api, factory } = cluster.a;
  const user = await newUser();
  const clerk = await factory.userWith('users.unlock');
  const plain = await factory.user();
  await fail(user.email, LIMIT);
  expect((await api.post(`/users/${user.id}/unlock`)).status).toBe(401);
  expect((await api.post(`/users/${user.id}/unlock`, { token: plain.token })).status).toBe(403);
  expect((await api.post(`/users/${admin.id}/unlock`, { token: clerk.token })).status).toBe(403);
  expect((await api.post('/users/2000000000/unlock', { token: clerk.token })).status).toBe(404);
  expect((await login(api, user.email)).status).toBe(401);
  expect((await api.post(`/users/${user.id}/unlock`, { token: clerk.token })).status).toBe(204);
  expect(await lockState(user)).toEqual({ count: 0, length: null });
  expect((await login(cluster.b.api, user.email)).status).toBe(200);
});

describe('S12, S101: who has waited too long for their turn to be hashed', () => {
  /** Nobody's turn comes. */
  const whileBusy = async <T>(request: () => Promise<T>): Promise<T> => {
    const spy = jest.spyOn(cluster.a.app.get(HashingQueue), 'run').mockRejectedValue(new Overloaded());
    try {
      return await request();
    } finally {
      spy.mockRestore();
    }
  };
  const counted = async (): Promise<unknown> =>
    (await cluster.a.sql('SELECT coalesce(sum(fails), 0)::int AS n FROM throttle'))[0];

  it.each([1, LIMIT])('loses none of the attempts, also when it was number %i', async (number) => {
    const user = await newUser();
    await fail(user.email, number - 1);
    const [account, others] = [await lockState(user), await counted()];
    expect((await whileBusy(() => login(cluster.a.api, user.email))).status).toBe(503);
    expect([await lockState(user), await counted()]).toEqual([account, others]);
    expect((await login(cluster.a.api, user.email)).status).toBe(200);
  });

  it('ends no lock that others have brought about', async () => {
    const user = await newUser();
    await fail(user.email, LIMIT);
    const locked = await lockState(user);
    expect((await whileBusy(() => login(cluster.a.api, user.email))).status).toBe(503);
    expect(await lockState(user)).toEqual(locked);
    expect((await login(cluster.a.api, user.email)).status).toBe(401);
  });

  it('loses none of a known device, and none of a change of their own password', async () => {
    const user = await newUser();
    const { cookie, access } = await signIn(cluster.a.api, user.email);
    const before = await counted();
    const signInAgain = () => login(cluster.a.api, user.email, PASSWORD, { cookie });
    const change = () =>
      cluster.a.api.post('/auth/password/change', {
        token: access,
        body: { currentPassword: PASSWORD, newPassword: 'paper lantern over water' },
      });
    for (let index = 0; index < 2 * LIMIT; index += 1) {
      expect([(await whileBusy(signInAgain)).status, (await whileBusy(change)).status]).toEqual([503, 503]);
    }
    expect(await counted()).toEqual(before);
    expect((await change()).status).toBe(204);
  });
});

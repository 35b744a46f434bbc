import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD, type TestUser } from '../support/factory.js';
import { tokenTo } from '../support/letters.js';
import { createUser } from './new-user.js';
import { type Problem, tally, type User } from './shapes.js';
import { traces, writerOf } from './traces.js';

let service: TestApp;
let admin: TestUser;
beforeAll(async () => {
  // Passwords are tried by the dozen here; lockout has tests of its own.
  service = await startApp({ env: { LOCKOUT_LIMIT: '100' } });
});
beforeEach(async () => {
  admin = await service.factory.superAdmin();
});
afterAll(() => service.close());

const NEW_PASSWORD = 'a new passphrase';

const reset = <Body = object>(token: unknown, newPassword: unknown = NEW_PASSWORD) =>
  service.api.post<Body>('/auth/password/reset', { body: { token, newPassword } });
const login = (username: string, password: string) =>
  service.api.post('/auth/login', { body: { username, password } });

/** A user who was invited and has not set a password, with the token that was sent. */
async function invited(
  fields: { email?: string; mobile?: string; username?: string } = {},
): Promise<{ user: User; token: string }> {
  const contacts = { email: service.factory.email(), mobile: undefined, ...fields };
  let user: User | undefined;
  const token = await tokenTo(service, contacts.email ?? contacts.mobile ?? '', async () => {
    const response = await createUser(service, admin.token, contacts);
    if (response.status !== 201) throw new Error(response.text);
    user = response.body;
  });
  if (!user) throw new Error('Nobody was made');
  return { user, token };
}

/** Starts a reset of a user who can sign in already; answers the token that was sent. */
async function resetOf(user: TestUser): Promise<string> {
  return tokenTo(service, user.email, async () => {
    const response = await service.api.post(`/users/${user.id}/password-reset`, { token: admin.token });
    if (response.status !== 202) throw new Error(response.text);
  });
}

async function expectRefused(response: ApiResponse<Problem>): Promise<void> {
  expect(response.status).toBe(400);
  expect(response.body.code).toBe('invalid_reset_token');
}

describe('POST /auth/password/reset', () => {
  it('lets an invited person set a password and sign in, with nothing but the token', async () => {
    const { user, token } = await invited({ username: 'invited.person' });
    expect((await login(user.email ?? '', NEW_PASSWORD)).status).toBe(401);
    const response = await reset(token);
    expect(response.status).toBe(204);
    expect(response.text).toBe('');
    expect(response.headers['set-cookie']).toBeUndefined();
    expect((await login(user.email ?? '', NEW_PASSWORD)).status).toBe(200);
    expect((await login('invited.person', NEW_PASSWORD)).status).toBe(200);
  });

  it('takes the address the token was sent to as verified, and no other', async () => {
    const { user, token } = await invited({ mobile: '+4915123456721' });
    await reset(token);
    const rows = await service.sql(
      'SELECT type, is_verified FROM user_identity WHERE user_id = $1 ORDER BY type',
      [user.id],
    );
    expect(rows).toEqual([
      { type: 'email', is_verified: true },
      { type: 'mobile', is_verified: false },
    ]);
    expect((await login('+4915123456721', NEW_PASSWORD)).status).toBe(401);
  });

  it('lets a person who was invited by text message sign in with the number', async () => {
    const { token } = await invited({ email: undefined, mobile: '+4915123456722' });
    expect((await reset(token)).status).toBe(204);
    expect((await login('+4915123456722', NEW_PASSWORD)).status).toBe(200);
  });

  it('replaces a password, which works until then', async () => {
    const user = await service.factory.user({ signIn: false });
    const token = await resetOf(user);
    expect((await login(user.email, PASSWORD)).status).toBe(200);
    expect((await reset(token)).status).toBe(204);
    expect((await login(user.email, PASSWORD)).status).toBe(401);
    expect((await login(user.email, NEW_PASSWORD)).status).toBe(200);
  });

  it('writes it down, in the transaction of the change and without the secrets', async () => {
    const user = await service.factory.user({ signIn: false });
    const token = await resetOf(user);
    const { audit, outbox, transactions } = await traces(service, () => reset(token));
    const subject = `user ${user.id}`;
    expect(outbox).toEqual([{ type: 'user.password_changed', subject }]);
    expect(audit).toMatchObject([
      { action: 'user.password_changed', actor: user.id, subject, outcome: 'success' },
    ]);
    const [credentials] = await service.sql<{ id: number }>('SELECT id FROM user_auth WHERE user_id = $1', [
      user.id,
    ]);
    expect(transactions).toEqual([await writerOf(service, 'user_auth', credentials?.id ?? 0)]);
    const [written] = await service.sql<{ text: string }>(
      `SELECT (SELECT string_agg(a::text, ' ') FROM audit_log a) || (SELECT string_agg(o::text, ' ') FROM outbox o) AS text`,
    );
    expect(written?.text).not.toContain(token);
    expect(written?.text).not.toContain(NEW_PASSWORD);
  });

  it('S54: works once of 20 times at once, and the password is that of the one', async () => {
    const { user, token } = await invited();
    const passwords = Array.from({ length: 20 }, (_, n) => `passphrase number ${n}`);
    const { result, audit } = await traces(service, () =>
      Promise.all(passwords.map((password) => reset<Problem>(token, password))),
    );
    expect(tally(result)).toEqual({ 204: 1, 400: 19 });
    expect(audit).toHaveLength(1);
    // Two of the others are enough: more would lock the account.
    const winner = result.findIndex(({ status }) => status === 204);
    const others = [0, 1, 2].filter((n) => n !== winner).slice(0, 2);
    for (const n of [...others, winner]) {
      const { status } = await login(user.email ?? '', passwords[n] ?? '');
      expect([n, status]).toEqual([n, n === winner ? 200 : 401]);
    }
  });

  it('S54: refuses a token that was used, is out of date, or was voided by a newer one', async () => {
    const user = await service.factory.user({ signIn: false });
    const voided = await resetOf(user);
    const used = await resetOf(user);
    await expectRefused(await reset<Problem>(voided));
    expect((await reset(used)).status).toBe(204);
    await expectRefused(await reset<Problem>(used));
    const expired = await resetOf(user);
    await service.sql(
      `UPDATE password_reset SET expires_at = now() - interval '1 millisecond' WHERE user_id = $1`,
      [user.id],
    );
    await expectRefused(await reset<Problem>(expired, 'another passphrase'));
    expect((await login(user.email, NEW_PASSWORD)).status).toBe(200);
  });

  it('is good for 24 hours by the clock of the database', async () => {
    const { user } = await invited();
    const rows = await service.sql(
      `SELECT expires_at - created_at BETWEEN interval '23:59:59' AND interval '24:00:01' AS a_day
       FROM password_reset WHERE user_id = $1`,
      [user.id],
    );
    expect(rows).toEqual([{ a_day: true }]);
  });

  it('S54: answers alike to tokens that are unknown, used, out of date or of another kind', async () => {
    const user = await service.factory.user();
    const used = await resetOf(user);
    await reset(used);
    const tokens = [used, `pr_${'A'.repeat(43)}`, 'pr_', 'x', user.token.slice(0, 128), `' OR 1=1 --`, '0'];
    const bodies = [];
    for (const token of tokens) {
      const response = await reset<Problem & { requestId: string }>(token);
      expect(response.status).toBe(400);
      const { requestId: _requestId, ...body } = response.body;
      bodies.push(JSON.stringify(body));
    }
    expect(new Set(bodies).size).toBe(1);
  });

  it('S56: is not used up by reading', async () => {
    const { token } = await invited();
    for (const method of ['GET', 'HEAD']) {
      const response = await service.api.call(method, `/auth/password/reset?token=${token}`);
      expect([response.status, response.headers.allow]).toEqual([405, 'POST']);
    }
    expect((await reset(token)).status).toBe(204);
  });

  it('S56: refuses a disabled user, and enables nobody', async () => {
    const user = await service.factory.user({ signIn: false });
    const token = await resetOf(user);
    const setState = (isActive: boolean) =>
      service.api.patch<User>(`/users/${user.id}`, { token: admin.token, body: { isActive } });
    await setState(false);
    const { result, transactions } = await traces(service, () => reset<Problem>(token));
    await expectRefused(result);
    expect(transactions).toEqual([]);
    const read = await service.api.get<User>(`/users/${user.id}`, { token: admin.token });
    expect(read.body.isActive).toBe(false);
    await setState(true);
    expect((await login(user.email, PASSWORD)).status).toBe(200);
  });

  it('S75: refuses a deleted user', async () => {
    const user = await service.factory.user({ signIn: false });
    const token = await resetOf(user);
    await service.api.delete(`/users/${user.id}`, { token: admin.token });
    await expectRefused(await reset<Problem>(token));
  });
});

describe('a password', () => {
  /** What the stored password must and must not be opened by, after it was set. */
  async function signIns(password: string, attempts: readonly string[]): Promise<number[]> {
    const user = await service.factory.user({ signIn: false });
    expect((await reset(await resetOf(user), password)).status).toBe(204);
    const statuses: number[] = [];
    for (const attempt of attempts) statuses.push((await login(user.email, attempt)).status);
    return statuses;
  }

  it.each([
    ['the first 72 bytes', `${'A'.repeat(72)}X`, `${'A'.repeat(72)}Y`],
    ['what is before NUL', 'correct horse\0battery', 'correct horse'],
    ['NUL itself', 'correct\0horse\0battery', 'correct\0horse\0battera'],
    ['a trailing space', 'correct horse battery ', 'correct horse battery'],
    ['a leading space', ' correct horse battery', 'correct horse battery'],
    ['the case', 'Correct Horse Battery', 'correct horse battery'],
    ['a line break', 'correct horse\nbattery', 'correct horse battery'],
    ['an accent', 'corr\u00E9ct horse battery', 'correct horse battery'],
  ])('S2: counts in full, with %s', async (_, password, almost) => {
    expect(await signIns(password, [password, almost])).toEqual([200, 401]);
  });

  it('S6: is the same in every Unicode spelling', async () => {
    const composed = 'caf\u00E9 caf\u00E9 caf\u00E9';
    const decomposed = 'cafe\u0301 cafe\u0301 cafe\u0301';
    expect(await signIns(composed, [composed, decomposed])).toEqual([200, 200]);
    expect(await signIns('\uFB01ne \uFB01ne \uFB01ne \uFB01ne', ['fine fine fine fine'])).toEqual([200]);
  });

  it.each([
    ['12 characters', 'a'.repeat(12)],
    ['20 lower-case letters', 'abcdefghijklmnopqrst'],
    ['64 characters', 'b'.repeat(64)],
    ['128 characters', 'c'.repeat(128)],
    ['12 emoji', '\u{1F600}'.repeat(12)],
    ['128 emoji', '\u{1F600}'.repeat(128)],
    ['nothing but spaces', ' '.repeat(12)],
  ])('S1: may be %s', async (_, password) => {
    expect(await signIns(password, [password])).toEqual([200]);
  });

  it.each([
    ['11 characters', 'a'.repeat(11)],
    ['11 emoji, which are 22 UTF-16 units', '\u{1F600}'.repeat(11)],
    ['11 letters with accents of their own', 'e\u0301'.repeat(11)],
    ['129 characters', 'a'.repeat(129)],
    ['129 emoji', '\u{1F600}'.repeat(129)],
    ['nothing', ''],
  ])('S1: may not be %s, which leaves the token good', async (_, password) => {
    const { token } = await invited();
    const response = await reset<Problem>(token, password);
    expect(response.status).toBe(400);
    expect(response.body.code).toBe('validation_failed');
    expect(response.body.errors).toMatchObject([{ field: 'newPassword' }]);
    expect((await reset(token)).status).toBe(204);
  });

  it('S1: of 200 KB is refused', async () => {
    const { token } = await invited();
    expect((await reset(token, 'a'.repeat(200_000))).status).toBe(413);
  });

  it('S3: is stored as a salted hash that names its scheme', async () => {
    const [one, other] = [await invited(), await invited()];
    for (const { token } of [one, other]) await reset(token, 'one password for two');
    const rows = await service.sql<{ password_hash: string }>(
      'SELECT password_hash FROM user_auth WHERE user_id = ANY($1::int[])',
      [[one.user.id, other.user.id]],
    );
    const hashes = rows.map((row) => row.password_hash);
    expect(new Set(hashes).size).toBe(2);
    for (const hash of hashes) expect(hash).toMatch(/^\{hmac-sha256\}\$2b\$04\$[./\w]{53}$/);
  });
});

import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { letterTo, tokenOf } from '../support/letters.js';
import { refusesStrangers } from './guarded.js';
import { createUser } from './new-user.js';
import { type Problem, type User, tally } from './shapes.js';
import { traces, writerOf } from './traces.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

const app = () => service;

const create = <Body = User>(token: string, fields?: object) => createUser<Body>(service, token, fields);

const statusOf = async (token: string) => (await service.api.get('/users/me', { token })).status;

describe('POST /users', () => {
  const never = { firstName: 'Never', roleId: 4, email: 'never.made@example.com' };
  refusesStrangers(app, { method: 'POST', path: '/users', body: never }, 'users.create');

  it('creates an active user with the profile that was sent', async () => {
    const admin = await service.factory.superAdmin();
    const profile = {
      firstName: 'Ada',
      lastName: 'Lovelace',
      jobTitle: 'Software Developer',
      gender: 'female',
      dob: '1990-12-10',
      language: 'de',
    };
    const response = await create(admin.token, { ...profile, mobile: '+4915123456701' });
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({
      ...profile,
      mobile: '+4915123456701',
      isActive: true,
      roleId: await service.factory.roleId('User'),
      createdBy: admin.id,
      updatedBy: admin.id,
    });
    const read = await service.api.get<User>(`/users/${response.body.id}`, { token: admin.token });
    expect(read.body).toEqual(response.body);
  });

  it('takes null and nothing alike for what may be empty', async () => {
    const { token } = await service.factory.superAdmin();
    const none = { lastName: null, jobTitle: null, gender: null, dob: null };
    expect((await create(token, none)).body).toMatchObject(none);
    expect((await create(token)).body).toMatchObject({ ...none, mobile: null, language: 'en' });
  });

  it('trims names and writes e-mail addresses in lower case', async () => {
    const { token } = await service.factory.superAdmin();
    const email = service.factory.email();
    const response = await create(token, { firstName: '  Ada ', email: ` ${email.toUpperCase()} ` });
    expect(response.body).toMatchObject({ firstName: 'Ada', email });
  });

  it('invites the person by e-mail, with the token in the message and nowhere else', async () => {
    const { token } = await service.factory.superAdmin();
    const email = service.factory.email();
    let answer: ApiResponse<User> | undefined;
    const message = await letterTo(service, email, async () => (answer = await create(token, { email })));
    const secret = tokenOf(message);
    expect(message).toMatchObject({ to: email, channel: 'email' });
    expect(secret).toMatch(/^pr_[A-Za-z0-9_-]{43}$/);
    expect(answer?.text).not.toContain(secret);
    const rows = await service.sql<{ row: string }>(
      'SELECT r::text AS row FROM password_reset r WHERE user_id = $1',
      [answer?.body.id],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(secret);
  });

  it('invites by text message where there is only a mobile number', async () => {
    const { token } = await service.factory.superAdmin();
    const message = await letterTo(service, '+4915123456702', async () => {
      const response = await create(token, { email: undefined, mobile: '+4915123456702' });
      expect(response.body).toMatchObject({ email: null, mobile: '+4915123456702' });
    });
    expect(message.channel).toBe('sms');
  });

  it('leaves one audit entry and one event, written with the row', async () => {
    const admin = await service.factory.superAdmin();
    const { result, audit, outbox, transactions } = await traces(service, () => create(admin.token));
    const { id } = result.body;
    const subject = `user ${id}`;
    const requestId = result.headers['x-request-id'];
    expect(audit).toEqual([
      { action: 'user.created', actor: admin.id, subject, outcome: 'success', requestId },
    ]);
    expect(outbox).toEqual([{ type: 'user.created', subject }]);
    expect(transactions).toEqual([await writerOf(service, 'user', id)]);
    const authored = { created_by: admin.id, updated_by: admin.id };
    for (const table of ['user_identity', 'user_auth']) {
      const authors = await service.sql(`SELECT created_by, updated_by FROM ${table} WHERE user_id = $1`, [
        id,
      ]);
      expect(authors).toEqual([authored]);
    }
  });

  it('S73: creates one of 40 users that are created at once with one e-mail address in mixed case', async () => {
    const { token } = await service.factory.superAdmin();
    const email = service.factory.email();
    const mixed = (n: number) =>
      Array.from(email, (letter, index) => ((n >> (index % 6)) & 1 ? letter.toUpperCase() : letter)).join('');
    const spellings = Array.from({ length: 40 }, (_, n) => mixed(n));
    expect(new Set(spellings).size).toBe(40);
    const responses = await Promise.all(spellings.map((spelling) => create(token, { email: spelling })));
    expect(tally(responses)).toEqual({ 201: 1, 409: 39 });
    const rows = await service.sql('SELECT value FROM user_identity WHERE lower(value) = $1', [email]);
    expect(rows).toEqual([{ value: email }]);
  });

  it('answers 409 for an e-mail address that is taken, and leaves nothing behind', async () => {
    const { token } = await service.factory.superAdmin();
    const { email } = (await create(token)).body;
    const { result, transactions } = await traces(service, () =>
      create<Problem>(token, { firstName: 'Second', email: email?.toUpperCase() }),
    );
    expect(result.status).toBe(409);
    expect(result.body.code).toBe('identity_taken');
    expect(transactions).toEqual([]);
    expect(await service.sql(`SELECT id FROM "user" WHERE first_name = 'Second'`)).toEqual([]);
  });

  it('answers 409 for a mobile number that is taken', async () => {
    const { token } = await service.factory.superAdmin();
    expect((await create(token, { mobile: '+4915123456703' })).status).toBe(201);
    const response = await create<Problem>(token, { mobile: '+4915123456703' });
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('identity_taken');
  });

  it('answers 409 for a username that is taken, whatever the case, and leaves the address free', async () => {
    const { token } = await service.factory.superAdmin();
    expect((await create(token, { username: 'Grace.Hopper' })).status).toBe(201);
    const email = service.factory.email();
    const response = await create<Problem>(token, { email, username: 'grace.HOPPER' });
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('username_taken');
    expect((await create(token, { email })).status).toBe(201);
  });

  it('creates one of many users that are created at once with one username', async () => {
    const { token } = await service.factory.superAdmin();
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, n) => create(token, { username: n % 2 ? 'racer' : 'RACER' })),
    );
    expect(tally(responses)).toEqual({ 201: 1, 409: 19 });
  });

  it('S73: takes the address of a deleted user, and the new user has a new id', async () => {
    const { token } = await service.factory.superAdmin();
    const first = (await create(token, { username: 'reborn' })).body;
    await service.api.delete(`/users/${first.id}`, { token });
    const second = await create(token, { email: first.email, username: 'reborn' });
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.id);
  });

  it('answers 422 for a role that does not exist or no longer', async () => {
    const { token } = await service.factory.superAdmin();
    const deleted = await service.factory.role();
    await service.api.delete(`/roles/${deleted}`, { token });
    for (const roleId of [deleted, 2_147_483_647]) {
      const response = await create<Problem>(token, { roleId });
      expect(response.status).toBe(422);
      expect(response.body.code).toBe('unknown_role');
    }
  });

  it('S65: refuses to give a role that holds a privilege the actor lacks', async () => {
    const { token } = await service.factory.userWith('users.create', 'users.read');
    const stronger = await service.factory.role('users.read', 'users.delete');
    for (const roleId of [stronger, await service.factory.roleId('SuperAdmin')]) {
      const { result, transactions } = await traces(service, () => create<Problem>(token, { roleId }));
      expect(result.status).toBe(403);
      expect(result.body.code).toBe('privilege_not_held');
      expect(transactions).toEqual([]);
    }
    const equal = await create(token, { roleId: await service.factory.role('users.read') });
    expect(equal.status).toBe(201);
  });

  it('refuses a user without any contact', async () => {
    const { token } = await service.factory.superAdmin();
    const response = await create<Problem>(token, { email: undefined });
    expect(response.status).toBe(400);
    expect(response.body.errors).toMatchObject([{ field: 'email' }]);
  });

  it.each([
    ['an address without a domain', 'ada'],
    ['two addresses', 'ada@example.com,eve@example.com'],
    ['a display name', 'Ada <ada@example.com>'],
    ['a header', 'ada@example.com\r\nBcc: eve@example.com'],
    ['NUL', 'ada@example.com\u0000'],
    ['a dotless i', 'ad\u0131@example.com'],
    ['the Kelvin sign', '\u212Aelvin@example.com'],
    ['full-width letters', '\uFF41da@example.com'],
    ['a zero-width space', 'a\u200Bda@example.com'],
    ['a zero-width joiner at the end', 'ada@example.com\u200D'],
    ['letters of two alphabets in the domain', 'ada@ex\u0430mple.com'],
    ['192 characters', `${'a'.repeat(61)}@${'b'.repeat(61)}.${'c'.repeat(60)}.example`],
  ])('S87: refuses an e-mail address with %s', async (_, email) => {
    const { token } = await service.factory.userWith('users.create');
    const response = await create<Problem>(token, { email });
    expect(response.status).toBe(400);
    expect(response.body.errors).toMatchObject([{ field: 'email' }]);
  });

  it.each(['015123456789', '+4915123456789012', '+0015123456', '+1', '4915123456789', '+\u0664\u0669'])(
    'refuses the mobile number %s',
    async (mobile) => {
      const { token } = await service.factory.userWith('users.create');
      const response = await create<Problem>(token, { mobile });
      expect(response.status).toBe(400);
      expect(response.body.errors).toMatchObject([{ field: 'mobile' }]);
    },
  );

  it.each([
    'ad',
    'a'.repeat(101),
    'ada@example.com',
    '+4915123456789',
    '4915123456789',
    '1ada',
    'ada lovelace',
    '\u0430da',
  ])('S15: refuses the username %s', async (username) => {
    const { token } = await service.factory.userWith('users.create');
    const response = await create<Problem>(token, { username });
    expect(response.status).toBe(400);
    expect(response.body.errors).toMatchObject([{ field: 'username' }]);
  });

  it.each([
    '1990-02-30',
    '1990-1-1',
    '10.12.1990',
    '1990-12-10T00:00:00Z',
    '1899-12-31',
    '9999-01-01',
    '0000-00-00',
  ])('refuses the date of birth %s', async (dob) => {
    const { token } = await service.factory.userWith('users.create');
    const response = await create<Problem>(token, { dob });
    expect(response.status).toBe(400);
    expect(response.body.errors).toMatchObject([{ field: 'dob' }]);
  });
});

describe('GET /users/{id}', () => {
  refusesStrangers(app, { method: 'GET', path: '/users/1' }, 'users.read');

  it('answers the user', async () => {
    const { token } = await service.factory.userWith('users.read');
    const user = await service.factory.user({ signIn: false });
    const response = await service.api.get<User>(`/users/${user.id}`, { token });
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ id: user.id, email: user.email, roleId: user.roleId });
  });

  it('S75: answers 404 for a user who never was and for a deleted one', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = (await create(token)).body;
    await service.api.delete(`/users/${id}`, { token });
    for (const gone of [id, 2_147_483_647]) {
      const response = await service.api.get<Problem>(`/users/${gone}`, { token });
      expect(response.status).toBe(404);
      expect(response.body.code).toBe('user_not_found');
    }
  });
});

describe('PATCH /users/{id}', () => {
  const never = { firstName: 'Never' };
  refusesStrangers(app, { method: 'PATCH', path: '/users/1', body: never }, 'users.update');

  const patch = <Body = User>(token: string, id: number, change: object) =>
    service.api.patch<Body>(`/users/${id}`, { token, body: change });

  it('changes what is sent and nothing else', async () => {
    const admin = await service.factory.superAdmin();
    const other = await service.factory.superAdmin();
    const before = (await create(other.token, { lastName: 'Lovelace', dob: '1990-12-10' })).body;
    const change = { jobTitle: 'Engineer', dob: null, language: 'de' };
    const { status, body: after } = await patch(admin.token, before.id, change);
    expect(status).toBe(200);
    expect(after).toEqual({
      ...before,
      ...change,
      updatedAt: after.updatedAt,
      updatedBy: admin.id,
    });
    expect(after.createdBy).toBe(other.id);
    expect(Date.parse(after.updatedAt)).toBeGreaterThanOrEqual(Date.parse(before.updatedAt));
  });

  it('leaves one audit entry and one event, and none when nothing changes', async () => {
    const admin = await service.factory.superAdmin();
    const { id } = (await create(admin.token)).body;
    const change = () => traces(service, () => patch(admin.token, id, { firstName: 'Augusta' }));
    const written = await change();
    expect(written.audit).toMatchObject([
      { action: 'user.updated', actor: admin.id, subject: `user ${id}`, outcome: 'success' },
    ]);
    expect(written.outbox).toEqual([{ type: 'user.updated', subject: `user ${id}` }]);
    expect(written.transactions).toEqual([await writerOf(service, 'user', id)]);
    expect((await change()).transactions).toEqual([]);
  });

  it('S49: ends what a disabled user may do with the next request, and tells of it', async () => {
    const admin = await service.factory.superAdmin();
    const user = await service.factory.user();
    const disabled = await traces(service, () => patch(admin.token, user.id, { isActive: false }));
    expect(disabled.result.body.isActive).toBe(false);
    const changes = ['user.updated', 'session.revoked', 'user.disabled'];
    expect(disabled.audit.map(({ action }) => action)).toEqual(changes);
    expect(disabled.outbox.map(({ type }) => type)).toEqual(changes);
    expect(disabled.transactions).toEqual([await writerOf(service, 'user', user.id)]);
    expect(await statusOf(user.token)).toBe(401);
    await patch(admin.token, user.id, { isActive: true });
    // The sessions of before have ended for good.
    expect(await statusOf(user.token)).toBe(401);
    expect(await statusOf(await service.factory.signIn(user.email))).toBe(200);
  });

  it('S67: counts on the next request when the role changes, in both directions', async () => {
    const admin = await service.factory.superAdmin();
    const [weak, strong] = [await service.factory.role(), await service.factory.role('users.read')];
    const user = await service.factory.user({ roleId: weak });
    const answer = async () => (await service.api.get('/users?limit=1', { token: user.token })).status;
    for (let round = 0; round < 10; round += 1) {
      expect((await patch(admin.token, user.id, { roleId: strong })).body.roleId).toBe(strong);
      expect(await answer()).toBe(200);
      await patch(admin.token, user.id, { roleId: weak });
      expect(await answer()).toBe(403);
    }
  });

  it.each([
    ['role', async () => ({ roleId: await service.factory.role() })],
    ['state', async () => ({ isActive: false })],
  ])('S65: lets nobody change the own %s', async (_, change) => {
    const user = await service.factory.userWith('users.update');
    const fields = await change();
    const { result, transactions } = await traces(service, () =>
      patch<Problem>(user.token, user.id, { firstName: 'Changed', ...fields }),
    );
    expect(result.status).toBe(403);
    expect(result.body.code).toBe('own_role_or_state');
    expect(transactions).toEqual([]);
    expect(await service.sql('SELECT first_name FROM "user" WHERE id = $1', [user.id])).toEqual([
      { first_name: 'Test' },
    ]);
  });

  it('lets a user with the privilege change the own profile, naming the role as it is', async () => {
    const user = await service.factory.userWith('users.update');
    const change = { firstName: 'Own', roleId: user.roleId, isActive: true };
    expect((await patch(user.token, user.id, change)).body).toMatchObject(change);
  });

  it('S65: refuses to give a role that holds a privilege the actor lacks', async () => {
    const { token } = await service.factory.userWith('users.update', 'users.read');
    const user = await service.factory.user({ roleId: await service.factory.role(), signIn: false });
    const stronger = await service.factory.role('users.read', 'users.delete');
    const { result, transactions } = await traces(service, () =>
      patch<Problem>(token, user.id, { roleId: stronger }),
    );
    expect(result.status).toBe(403);
    expect(result.body.code).toBe('privilege_not_held');
    expect(transactions).toEqual([]);
    const equal = await patch(token, user.id, { roleId: await service.factory.role('users.read') });
    expect(equal.status).toBe(200);
  });

  it('answers 422 for a role that does not exist', async () => {
    const { token } = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    const response = await patch<Problem>(token, user.id, { roleId: 2_147_483_647 });
    expect(response.status).toBe(422);
    expect(response.body.code).toBe('unknown_role');
  });

  it('answers 404 for a user who is not there', async () => {
    const { token } = await service.factory.superAdmin();
    const response = await patch<Problem>(token, 2_147_483_647, never);
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('user_not_found');
  });

  it.each([
    { firstName: null },
    { firstName: '' },
    { roleId: null },
    { isActive: null },
    { email: 'a@b.example' },
  ])('refuses %j', async (change) => {
    const { token } = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    const response = await patch<Problem>(token, user.id, change);
    expect(response.status).toBe(400);
    expect(response.body.errors).toMatchObject([{ field: Object.keys(change)[0] }]);
  });
});

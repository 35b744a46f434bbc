import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD } from '../support/factory.js';
import { eventually } from '../support/eventually.js';
import { letterTo, tokenOf, tokenTo } from '../support/letters.js';
import { refusesStrangers } from './guarded.js';
import { createUser } from './new-user.js';
import { type Page, type Privilege, type Problem, tally, type User } from './shapes.js';
import { waiting, whileHolding } from '../support/locks.js';
import { traces, writerOf } from './traces.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

const app = () => service;

const create = <Body = User>(token: string, fields?: object) => createUser<Body>(service, token, fields);

const statusOf = async (token: string) => (await service.api.get('/users/me', { token })).status;

describe('DELETE /users/{id}', () => {
  refusesStrangers(app, { method: 'DELETE', path: '/users/1' }, 'users.delete');

  it('marks the user, the identities and the credentials as deleted at one moment', async () => {
    const admin = await service.factory.superAdmin();
    const email = service.factory.email();
    let id = 0;
    await letterTo(service, email, async () => {
      id = (await create(admin.token, { email, mobile: '+4915123456704' })).body.id;
    });
    const { result, audit, outbox, transactions } = await traces(service, () =>
      service.api.delete(`/users/${id}`, { token: admin.token }),
    );
    expect(result.status).toBe(204);
    expect(audit).toMatchObject([{ action: 'user.deleted', actor: admin.id, subject: `user ${id}` }]);
    expect(outbox).toEqual([{ type: 'user.deleted', subject: `user ${id}` }]);
    expect(transactions).toEqual([await writerOf(service, 'user', id)]);
    type Deleted = { deleted_at: Date; updated_by: number };
    const ofProfile = await service.sql<Deleted>(
      `SELECT deleted_at, updated_by FROM "user" WHERE id = $1
       UNION ALL SELECT deleted_at, updated_by FROM user_identity WHERE user_id = $1`,
      [id],
    );
    const ofCredentials = await service.sql<Deleted>(
      `SELECT deleted_at, updated_by FROM user_auth WHERE user_id = $1
       UNION ALL SELECT deleted_at, updated_by FROM password_reset WHERE user_id = $1`,
      [id],
    );
    const rows = [...ofProfile, ...ofCredentials];
    expect(rows).toHaveLength(5);
    const moment = rows[0]?.deleted_at;
    expect(moment).toBeInstanceOf(Date);
    for (const row of rows) expect(row).toEqual({ deleted_at: moment, updated_by: admin.id });
  });

  it('gives way to a new user with the same unproved address and number, in one order', async () => {
    const { token } = await service.factory.superAdmin();
    const user = await service.factory.user();
    const [email, mobile] = [service.factory.email(), '+4915123456788'];
    for (const [type, value] of [
      ['mobile', mobile],
      ['email', email],
    ])
      await service.sql(
        `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary) VALUES ($1, $2, $3, false, false)`,
        [user.id, type, value],
      );
    await whileHolding(service, async (locks) => {
      await locks.query('SELECT 1 FROM user_identity WHERE value = $1 FOR NO KEY UPDATE', [email]);
      const created = create(token, { email, mobile });
      await waiting(service, 1);
      const deleted = service.api.delete(`/users/${user.id}`, { token });
      await waiting(service, 2);
      await locks.query('COMMIT');
      expect([(await created).status, (await deleted).status]).toEqual([201, 204]);
    });
  });

  it('S75: leaves a deleted user powerless and invisible on every route', async () => {
    const { token } = await service.factory.superAdmin();
    const user = await service.factory.user({ username: 'gone.user' });
    await service.api.delete(`/users/${user.id}`, { token });
    expect(await statusOf(user.token)).toBe(401);
    for (const username of [user.email, 'gone.user']) {
      const login = await service.api.post('/auth/login', { body: { username, password: PASSWORD } });
      expect(login.status).toBe(401);
    }
    const path = `/users/${user.id}`;
    const calls = [
      ['GET', path],
      ['PATCH', path, { firstName: 'Back' }],
      ['DELETE', path],
      ['POST', `${path}/password-reset`],
      ['GET', `${path}/privileges`],
    ] as const;
    for (const [method, target, change] of calls) {
      const response = await service.api.call<Problem>(method, target, { token, body: change });
      expect([target, response.status, response.body.code]).toEqual([target, 404, 'user_not_found']);
    }
    const check = await service.api.post('/access/check', {
      token,
      body: { checks: [{ userId: user.id, privilege: 'users.read' }] },
    });
    expect(check.body).toEqual({ results: [false] });
    const listed = await service.api.get<Page<User>>('/users?sort=-id&limit=100', { token });
    expect(listed.body.items.map(({ id }) => id)).not.toContain(user.id);
  });

  it('S65: lets nobody delete themselves here', async () => {
    const user = await service.factory.userWith('users.delete');
    const response = await service.api.delete<Problem>(`/users/${user.id}`, { token: user.token });
    expect(response.status).toBe(403);
    expect(response.body.code).toBe('own_role_or_state');
  });

  it('answers 404 for a user who is not there', async () => {
    const { token } = await service.factory.superAdmin();
    const response = await service.api.delete<Problem>('/users/2147483647', { token });
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('user_not_found');
  });

  it('deletes once when asked many times at once', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = (await create(token)).body;
    const { result, audit, outbox } = await traces(service, () =>
      Promise.all(Array.from({ length: 10 }, () => service.api.delete(`/users/${id}`, { token }))),
    );
    expect(tally(result)).toEqual({ 204: 1, 404: 9 });
    expect([audit.length, outbox.length]).toEqual([1, 1]);
  });
});

describe('POST /users/{id}/restore', () => {
  refusesStrangers(app, { method: 'POST', path: '/users/1/restore' }, 'users.restore');

  const restore = <Body = User>(token: string, id: number) =>
    service.api.post<Body>(`/users/${id}/restore`, { token });
  const remove = (token: string, id: number) => service.api.delete(`/users/${id}`, { token });

  /** Every row there is of a user, deleted ones too. */
  const everythingOf = async (id: number) => [
    ...(await service.sql(
      `SELECT to_jsonb(u) AS row FROM "user" u WHERE id = $1
       UNION ALL SELECT to_jsonb(i) FROM user_identity i WHERE user_id = $1`,
      [id],
    )),
    ...(await service.sql('SELECT to_jsonb(a) AS row FROM user_auth a WHERE user_id = $1', [id])),
  ];

  it('brings the user back with contacts, username and password', async () => {
    const admin = await service.factory.superAdmin();
    const user = await service.factory.user({ username: 'comes.back' });
    await remove(admin.token, user.id);
    const response = await restore(admin.token, user.id);
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ id: user.id, email: user.email, updatedBy: admin.id });
    for (const username of [user.email, 'comes.back']) {
      expect(await service.factory.signIn(username)).not.toBe('');
    }
  });

  it('leaves one audit entry and one event, written with the row', async () => {
    const admin = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    await remove(admin.token, user.id);
    const { audit, outbox, transactions } = await traces(service, () => restore(admin.token, user.id));
    const subject = `user ${user.id}`;
    expect(audit).toMatchObject([{ action: 'user.restored', actor: admin.id, subject, outcome: 'success' }]);
    expect(outbox).toEqual([{ type: 'user.restored', subject }]);
    expect(transactions).toEqual([await writerOf(service, 'user', user.id)]);
  });

  it('S30, G19: gives a proved address back although somebody claims it, not one that somebody has proved', async () => {
    const admin = await service.factory.superAdmin();
    const [user, other] = [await service.factory.user({ signIn: false }), await service.factory.user()];
    await remove(admin.token, user.id);
    const { body: claim } = await service.api.post<{ id: number }>('/users/me/identities', {
      token: other.token,
      body: { email: user.email },
    });
    expect(await restore(admin.token, user.id)).toMatchObject({ status: 200, body: { email: user.email } });
    await remove(admin.token, user.id);
    await service.sql('UPDATE user_identity SET deleted_at = NULL, is_verified = true WHERE id = $1', [
      claim.id,
    ]);
    expect((await restore(admin.token, user.id)).status).toBe(409);
  });

  it('leaves a disabled user disabled', async () => {
    const admin = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    await service.api.patch(`/users/${user.id}`, { token: admin.token, body: { isActive: false } });
    await remove(admin.token, user.id);
    expect((await restore(admin.token, user.id)).body.isActive).toBe(false);
  });

  it('does not revive a token to set a password with', async () => {
    const admin = await service.factory.superAdmin();
    const email = service.factory.email();
    let id = 0;
    const token = await tokenTo(service, email, async () => {
      id = (await create(admin.token, { email })).body.id;
    });
    await remove(admin.token, id);
    await restore(admin.token, id);
    const response = await service.api.post<Problem>('/auth/password/reset', {
      body: { token, newPassword: PASSWORD },
    });
    expect(response.status).toBe(400);
    expect(response.body.code).toBe('invalid_reset_token');
  });

  it.each([
    ['e-mail address', 'identity_taken', (user: { email: string | null }) => ({ email: user.email })],
    ['mobile number', 'identity_taken', () => ({ mobile: '+4915123456706' })],
    ['username', 'username_taken', () => ({ username: 'WANTED' })],
  ])('S73: answers 409 when somebody took the %s meanwhile, and changes nothing', async (_, code, claim) => {
    const admin = await service.factory.superAdmin();
    const user = (await create(admin.token, { mobile: '+4915123456706', username: 'wanted' })).body;
    await remove(admin.token, user.id);
    const taker = (await create(admin.token, claim(user))).body;
    const before = await everythingOf(user.id);
    expect(before).toHaveLength(4);
    const { result, transactions } = await traces(service, () => restore<Problem>(admin.token, user.id));
    expect(result.status).toBe(409);
    expect(result.body.code).toBe(code);
    expect(transactions).toEqual([]);
    expect(await everythingOf(user.id)).toEqual(before);
    await remove(admin.token, taker.id);
    expect((await restore(admin.token, user.id)).status).toBe(200);
    await remove(admin.token, user.id);
  });

  it('leaves out an address the user never proved and somebody else has by now', async () => {
    const admin = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    const claimed = service.factory.email();
    await service.sql(
      `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary) VALUES ($1, 'email', $2, false, false)`,
      [user.id, claimed],
    );
    await remove(admin.token, user.id);
    await create(admin.token, { email: claimed });
    expect((await restore(admin.token, user.id)).body.email).toBe(user.email);
  });

  it('answers 409 for a user who is not deleted', async () => {
    const { token } = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    const response = await restore<Problem>(token, user.id);
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('user_not_deleted');
  });

  it('answers 422 when the role was deleted meanwhile', async () => {
    const { token } = await service.factory.superAdmin();
    const roleId = await service.factory.role();
    const user = await service.factory.user({ roleId, signIn: false });
    await remove(token, user.id);
    expect((await service.api.delete(`/roles/${roleId}`, { token })).status).toBe(204);
    const response = await restore<Problem>(token, user.id);
    expect(response.status).toBe(422);
    expect(response.body.code).toBe('unknown_role');
  });

  it('answers 404 for a user who never was', async () => {
    const { token } = await service.factory.superAdmin();
    const response = await restore<Problem>(token, 2_147_483_647);
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('user_not_found');
  });

  it('restores once when asked many times at once', async () => {
    const { token } = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    await remove(token, user.id);
    const { result, audit, outbox } = await traces(service, () =>
      Promise.all(Array.from({ length: 10 }, () => restore(token, user.id))),
    );
    expect(tally(result)).toEqual({ 200: 1, 409: 9 });
    expect([audit.length, outbox.length]).toEqual([1, 1]);
  });

  it('S73: lets one of the two have an address that is restored and created at once', async () => {
    const { token } = await service.factory.superAdmin();
    for (let round = 0; round < 10; round += 1) {
      const user = await service.factory.user({ signIn: false });
      await remove(token, user.id);
      const [restored, created] = await Promise.all([
        restore(token, user.id),
        create(token, { email: user.email.toUpperCase() }),
      ]);
      expect([
        [200, 409],
        [409, 201],
      ]).toContainEqual([restored.status, created.status]);
    }
  });
});

describe('POST /users/{id}/password-reset', () => {
  refusesStrangers(app, { method: 'POST', path: '/users/1/password-reset' }, 'users.update');

  const start = <Body = object>(token: string, id: number, headers?: Record<string, string>) =>
    service.api.post<Body>(`/users/${id}/password-reset`, { token, headers });

  it('sends a token to the primary address and tells the caller nothing', async () => {
    const { token } = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    const message = await letterTo(service, user.email, async () => {
      const response = await start(token, user.id);
      expect(response.status).toBe(202);
      expect(response.text).toBe('');
    });
    expect(message.channel).toBe('email');
    expect(tokenOf(message)).toMatch(/^pr_[A-Za-z0-9_-]{43}$/);
  });

  it('sends a text message where there is only a mobile number', async () => {
    const { token } = await service.factory.superAdmin();
    const mobile = '+4915123456705';
    let id = 0;
    await letterTo(service, mobile, async () => {
      id = (await create(token, { email: undefined, mobile })).body.id;
    });
    const message = await letterTo(service, mobile, () => start(token, id));
    expect(message.channel).toBe('sms');
  });

  it('S53: names the configured address, whatever the request says of the host', async () => {
    const { token } = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    const evil = 'evil.example';
    const message = await letterTo(service, user.email, () =>
      start(token, user.id, {
        host: evil,
        'x-forwarded-host': evil,
        'x-forwarded-proto': 'ftp',
        forwarded: `host=${evil};proto=ftp`,
      }),
    );
    expect(message.text).toContain('http://gatehouse.test/');
    expect(JSON.stringify(message)).not.toMatch(/evil|ftp/);
  });

  it('leaves one audit entry and one event', async () => {
    const admin = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    const { audit, outbox, transactions } = await traces(service, () => start(admin.token, user.id));
    const subject = `user ${user.id}`;
    expect(audit).toMatchObject([{ action: 'user.password_reset_started', actor: admin.id, subject }]);
    expect(outbox).toEqual([{ type: 'user.password_reset_started', subject }]);
    expect(transactions).toHaveLength(1);
  });

  it('leaves one token that is good when it is asked many times at once', async () => {
    const { token } = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    const responses = await Promise.all(Array.from({ length: 10 }, () => start(token, user.id)));
    expect(tally(responses)).toEqual({ 202: 5, 429: 5 });
    const tokens = () =>
      service.sql<{ open: boolean }>(
        'SELECT used_at IS NULL AND deleted_at IS NULL AS open FROM password_reset WHERE user_id = $1',
        [user.id],
      );
    await eventually(async () => (await tokens()).length === 5);
    expect((await tokens()).filter(({ open }) => open)).toHaveLength(1);
  });

  it('answers 409 for a user who cannot be reached', async () => {
    const { token } = await service.factory.superAdmin();
    const user = await service.factory.user({ signIn: false });
    await service.sql('UPDATE user_identity SET deleted_at = now() WHERE user_id = $1', [user.id]);
    const { result, transactions } = await traces(service, () => start<Problem>(token, user.id));
    expect(result.status).toBe(409);
    expect(result.body.code).toBe('no_contact');
    expect(transactions).toEqual([]);
  });

  it('answers 404 for a user who is not there', async () => {
    const { token } = await service.factory.superAdmin();
    const response = await start<Problem>(token, 2_147_483_647);
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('user_not_found');
  });
});

describe('GET /users/{id}/privileges', () => {
  refusesStrangers(app, { method: 'GET', path: '/users/1/privileges' }, 'users.read');

  it('answers what the role of the user holds', async () => {
    const { token } = await service.factory.userWith('users.read');
    const user = await service.factory.userWith('roles.read', 'access.check');
    const response = await service.api.get<Page<Privilege>>(`/users/${user.id}/privileges`, { token });
    expect(response.status).toBe(200);
    expect(response.body.items.map(({ name }) => name).toSorted()).toEqual(['access.check', 'roles.read']);
  });

  it('answers 404 for a user who is not there', async () => {
    const { token } = await service.factory.userWith('users.read');
    const response = await service.api.get<Problem>('/users/2147483647/privileges', { token });
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('user_not_found');
  });
});

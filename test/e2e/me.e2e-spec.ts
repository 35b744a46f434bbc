import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD } from '../support/factory.js';
import { refusesStrangers } from './guarded.js';
import type { Page, Privilege, Problem, User } from './shapes.js';
import { traces, writerOf } from './traces.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { WORKER: 'off' } });
});
afterAll(() => service.close());

const app = () => service;

describe('GET /users/me', () => {
  refusesStrangers(app, { method: 'GET', path: '/users/me' });

  it('answers the own profile to a user who holds no privilege', async () => {
    const user = await service.factory.userWith();
    const response = await service.api.get<User>('/users/me', { token: user.token });
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ id: user.id, email: user.email, roleId: user.roleId });
  });

  it('S75: answers 401 to a user who was deleted, disabled or whose role is gone', async () => {
    const ends = ['deleted_at = now()', 'is_active = false'];
    for (const end of ends) {
      const user = await service.factory.user();
      await service.sql(`UPDATE "user" SET ${end} WHERE id = $1`, [user.id]);
      const response = await service.api.get<Problem>('/users/me', { token: user.token });
      expect(response.status).toBe(401);
      expect(response.body.code).toBe('invalid_access_token');
    }
    const roleId = await service.factory.role();
    const user = await service.factory.user({ roleId });
    // Past the trigger that keeps roles in use alive.
    await service.sql(`BEGIN; SET LOCAL session_replication_role = replica;
      UPDATE role SET deleted_at = now() WHERE id = ${roleId}; COMMIT`);
    expect((await service.api.get('/users/me', { token: user.token })).status).toBe(401);
  });
});

describe('PATCH /users/me', () => {
  refusesStrangers(app, { method: 'PATCH', path: '/users/me', body: { firstName: 'Never' } });

  const patch = <Body = User>(token: string, body: object) =>
    service.api.patch<Body>('/users/me', { token, body });

  it('changes what is sent and nothing else', async () => {
    const user = await service.factory.userWith();
    const before = (await patch(user.token, { lastName: 'Lovelace', gender: 'female' })).body;
    expect(before).toMatchObject({ lastName: 'Lovelace', gender: 'female', firstName: 'Test' });
    const { status, body } = await patch(user.token, { firstName: 'Ada', gender: null, dob: '1990-12-10' });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...before,
      firstName: 'Ada',
      gender: null,
      dob: '1990-12-10',
      updatedAt: body.updatedAt,
      updatedBy: user.id,
    });
    expect((await service.api.get('/users/me', { token: user.token })).body).toEqual(body);
  });

  it('chooses the language of messages, among those there are', async () => {
    const user = await service.factory.userWith();
    expect((await service.api.get<User>('/users/me', { token: user.token })).body.language).toBe('en');
    expect((await patch(user.token, { language: 'de' })).body.language).toBe('de');
    for (const language of ['fr', 'DE', '', null, ['de'], { de: true }, 'de\r\nBcc: eve@example.com']) {
      const refused = await patch<Problem>(user.token, { language });
      expect(refused.status).toBe(400);
      expect(refused.body.errors).toMatchObject([{ field: 'language', rule: 'isIn' }]);
    }
    expect((await service.api.get<User>('/users/me', { token: user.token })).body.language).toBe('de');
  });

  it('leaves one audit entry and one event, and none when nothing changes', async () => {
    const user = await service.factory.userWith();
    const change = () => traces(service, () => patch(user.token, { jobTitle: 'Engineer' }));
    const written = await change();
    const subject = `user ${user.id}`;
    expect(written.audit).toMatchObject([{ action: 'user.updated', actor: user.id, subject }]);
    expect(written.outbox).toEqual([{ type: 'user.updated', subject }]);
    expect(written.transactions).toEqual([await writerOf(service, 'user', user.id)]);
    expect((await change()).transactions).toEqual([]);
  });

  it.each([{ roleId: 1 }, { isActive: true }, { email: 'other@example.com' }, { username: 'other' }])(
    'S65: does not take %j, whatever the own privileges',
    async (change) => {
      const admin = await service.factory.superAdmin();
      const { result, transactions } = await traces(service, () =>
        patch<Problem>(admin.token, { firstName: 'Changed', ...change }),
      );
      expect(result.status).toBe(400);
      expect(result.body.errors).toMatchObject([
        { field: Object.keys(change)[0], rule: 'whitelistValidation' },
      ]);
      expect(transactions).toEqual([]);
    },
  );

  it('keeps one of the names that are written at once', async () => {
    const user = await service.factory.userWith();
    const names = Array.from({ length: 10 }, (_, n) => `Name ${n}`);
    const responses = await Promise.all(names.map((firstName) => patch(user.token, { firstName })));
    expect(responses.map(({ body }) => body.firstName)).toEqual(names);
    const { body } = await service.api.get<User>('/users/me', { token: user.token });
    expect(names).toContain(body.firstName);
  });
});

describe('DELETE /users/me', () => {
  refusesStrangers(app, { method: 'DELETE', path: '/users/me' });

  it('deletes the own account, which ends with the request', async () => {
    const user = await service.factory.userWith();
    const { result, audit, outbox, transactions } = await traces(service, () =>
      service.api.delete('/users/me', { token: user.token }),
    );
    expect(result.status).toBe(204);
    const subject = `user ${user.id}`;
    const changes = ['session.revoked', 'user.deleted'];
    expect(audit).toMatchObject(
      changes.map((action) => ({ action, actor: user.id, subject, outcome: 'success' })),
    );
    expect(outbox).toEqual(changes.map((type) => ({ type, subject })));
    expect(transactions).toEqual([await writerOf(service, 'user', user.id)]);
    expect((await service.api.get('/users/me', { token: user.token })).status).toBe(401);
    const login = await service.api.post('/auth/login', {
      body: { username: user.email, password: PASSWORD },
    });
    expect(login.status).toBe(401);
  });

  it('can be undone by an administrator', async () => {
    const admin = await service.factory.superAdmin();
    const user = await service.factory.userWith();
    await service.api.delete('/users/me', { token: user.token });
    await service.api.post(`/users/${user.id}/restore`, { token: admin.token });
    expect(await service.factory.signIn(user.email)).not.toBe('');
  });
});

describe('GET /users/me/privileges', () => {
  refusesStrangers(app, { method: 'GET', path: '/users/me/privileges' });

  it('answers what the own role holds', async () => {
    const { token } = await service.factory.userWith('users.read', 'access.check');
    const response = await service.api.get<Page<Privilege>>('/users/me/privileges', { token });
    expect(response.status).toBe(200);
    expect(response.body.items.map(({ name }) => name)).toEqual(['users.read', 'access.check']);
  });

  it('answers an empty list to a user who holds nothing', async () => {
    const { token } = await service.factory.userWith();
    expect((await service.api.get('/users/me/privileges', { token })).body).toEqual({ items: [] });
  });
});

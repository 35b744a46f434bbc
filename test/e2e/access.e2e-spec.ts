import { startApp, type TestApp } from '../support/app.js';
import { refusesStrangers } from './guarded.js';
import type { Privilege, Problem } from './shapes.js';
import { traces } from './traces.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

interface Check {
  userId?: number;
  privilege: string;
}

const check = <Body = { results: boolean[] }>(token: string, ...checks: Check[]) =>
  service.api.post<Body>('/access/check', { token, body: { checks } });

describe('POST /access/check', () => {
  const body = { checks: [{ privilege: 'users.read' }] };
  refusesStrangers(() => service, { method: 'POST', path: '/access/check', body });

  it('S63: answers 403 to a question about others by a user who holds everything but access.check', async () => {
    const user = await service.factory.userWithAllBut('access.check');
    const other = await service.factory.user({ signIn: false });
    const own = { privilege: 'users.read' };
    for (const userId of [other.id, 2_147_483_647]) {
      const response = await check<Problem>(user.token, own, { userId, privilege: 'users.read' });
      expect(response.status).toBe(403);
      expect(response.body.code).toBe('privilege_required');
      expect(response.body.detail).toContain('access.check');
    }
  });

  it('answers about the caller, named or not, in the order of the questions', async () => {
    const user = await service.factory.userWith('users.read');
    const response = await check(
      user.token,
      { privilege: 'users.delete' },
      { privilege: 'users.read' },
      { userId: user.id, privilege: 'users.read' },
      { privilege: 'no.such' },
    );
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ results: [false, true, true, false] });
  });

  it('answers about others to a holder of access.check', async () => {
    const { token } = await service.factory.userWith('access.check');
    const [reader, nobody] = [await service.factory.userWith('users.read'), await service.factory.userWith()];
    const privilege = 'users.read';
    const response = await check(
      token,
      { userId: reader.id, privilege },
      { userId: nobody.id, privilege },
      { userId: reader.id, privilege: 'users.delete' },
      { privilege: 'access.check' },
    );
    expect(response.body).toEqual({ results: [true, false, false, true] });
  });

  it('S75: answers false for users who are unknown, disabled or deleted', async () => {
    const { token } = await service.factory.userWith('access.check');
    const privilege = 'users.read';
    const [disabled, deleted] = [
      await service.factory.userWith(privilege),
      await service.factory.userWith(privilege),
    ];
    await service.sql('UPDATE "user" SET is_active = false WHERE id = $1', [disabled.id]);
    await service.sql('UPDATE "user" SET deleted_at = now() WHERE id = $1', [deleted.id]);
    const ids = [disabled.id, deleted.id, 2_147_483_647];
    const response = await check(token, ...ids.map((userId) => ({ userId, privilege })));
    expect(response.body).toEqual({ results: [false, false, false] });
  });

  it('answers true for everything that exists to a SuperAdmin, and false after it is gone', async () => {
    const { token } = await service.factory.superAdmin();
    const privilege = service.factory.unique('fresh');
    expect((await check(token, { privilege })).body.results).toEqual([false]);
    const created = await service.api.post<Privilege>('/privileges', { token, body: { name: privilege } });
    expect((await check(token, { privilege })).body.results).toEqual([true]);
    await service.api.delete(`/privileges/${created.body.id}`, { token });
    expect((await check(token, { privilege })).body.results).toEqual([false]);
  });

  it('takes 1 to 100 questions', async () => {
    const { token } = await service.factory.userWith('users.read');
    const questions = (count: number) => Array.from({ length: count }, () => ({ privilege: 'users.read' }));
    expect((await check(token, ...questions(100))).body.results).toHaveLength(100);
    expect((await check(token, ...questions(101))).status).toBe(400);
    expect((await check(token)).status).toBe(400);
  });

  it('names the question that has a fault', async () => {
    const { token } = await service.factory.userWith();
    const response = await service.api.post<Problem>('/access/check', {
      token,
      body: { checks: [{ privilege: 'users.read' }, { privilege: 7 }] },
    });
    expect(response.status).toBe(400);
    expect(response.body.errors).toMatchObject([{ field: 'checks[1].privilege' }]);
  });

  it('changes nothing', async () => {
    const { token } = await service.factory.userWith('users.read');
    const { result, transactions } = await traces(service, () => check(token, { privilege: 'users.read' }));
    expect(result.status).toBe(200);
    expect(transactions).toEqual([]);
  });
});

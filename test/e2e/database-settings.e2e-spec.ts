import { allInOne } from '../../src/apps/all-in-one.js';
import { prepareDatabase } from '../../src/apps/prepare-database.js';
import { startApp, type TestApp } from '../support/app.js';
import { testConfig } from '../support/config.js';
import { emptyDatabase } from '../support/database.js';
import { makeHostile } from '../support/hostile-settings.js';
import { createUser } from './new-user.js';
import { type User, tally } from './shapes.js';

let service: TestApp;

beforeAll(async () => {
  const databaseUrl = await emptyDatabase('hostile');
  await makeHostile(databaseUrl);
  await prepareDatabase(allInOne, databaseUrl, testConfig({ DATABASE_URL: databaseUrl }));
  service = await startApp({ databaseUrl });
});
afterAll(() => service.close());

describe('R36: a database with settings of its own', () => {
  it('F1: is migrated and answered from as any other', async () => {
    const { token } = await service.factory.superAdmin();
    const profile = { firstName: 'Ada', lastName: 'Lo\\velace', dob: '1990-12-10' };
    const before = Date.now();
    const { body } = await createUser(service, token, profile);
    expect(body).toMatchObject(profile);
    expect(Math.abs(Date.parse(body.createdAt) - before)).toBeLessThan(60_000);
    const read = await service.api.get<User>(`/users/${body.id}`, { token });
    expect(read.body).toEqual(body);
    for (const path of [
      '/users?sort=-createdAt&limit=1',
      '/roles',
      '/privileges',
      '/users/me',
      '/auth/sessions',
    ]) {
      const response = await service.api.get(path, { token });
      expect([path, response.status]).toEqual([path, 200]);
    }
  });

  it('F1: refuses no request of many at once', async () => {
    const { token } = await service.factory.superAdmin();
    const statuses: { status: number }[] = [];
    for (const round of [1, 2, 3, 4]) {
      const requests = Array.from({ length: 15 }, (_, index) =>
        service.api.post('/users', {
          token,
          body: { firstName: 'P', roleId: 4, email: `parallel.${round}.${index}@example.com` },
        }),
      );
      statuses.push(...(await Promise.all(requests)));
    }
    expect(tally(statuses)).toEqual({ 201: 60 });
  });

  it('F1: has its jobs done and its messages sent', async () => {
    const { token } = await service.factory.superAdmin();
    const { body } = await createUser(service, token);
    expect((await service.messageTo(body.email ?? '')).to).toBe(body.email);
  });
});

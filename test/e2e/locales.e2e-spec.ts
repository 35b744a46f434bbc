import { allInOne } from '../../src/apps/all-in-one.js';
import { prepareDatabase } from '../../src/apps/prepare-database.js';
import { startApp, type TestApp } from '../support/app.js';
import { testConfig } from '../support/config.js';
import { emptyDatabase, hasIcu } from '../support/database.js';
import { PASSWORD, type TestUser } from '../support/factory.js';

interface Page {
  readonly items: readonly { readonly id: number; readonly name: string }[];
  readonly nextCursor: string | null;
}

/** Their order and case of i, ı, İ, y, z, q, x and letters with dots is their own. */
const LOCALES = ['tr-TR', 'lt', 'az'];
const NAMES = ['INSPECTOR', 'indexer', 'Zoo', 'zebra', 'Yak', 'yeti', 'Ixia', 'iris', 'ÇAY', 'Quiz', 'Xylo'];

(hasIcu ? describe : describe.skip).each(LOCALES)('on a database in the locale %s', (locale) => {
  let service: TestApp;
  let admin: TestUser;
  beforeAll(async () => {
    const url = await emptyDatabase('locale', locale);
    const env = { ADMIN_EMAIL: 'IDIL@EXAMPLE.COM', ADMIN_PASSWORD: PASSWORD };
    await prepareDatabase(allInOne, url, testConfig({ DATABASE_URL: url, ...env }));
    service = await startApp({ databaseUrl: url, env });
    admin = await service.factory.superAdmin();
  });
  afterAll(() => service.close());

  const signIn = async (username: string) =>
    (await service.api.post('/auth/login', { body: { username, password: PASSWORD } })).status;
  const createRole = async (name: string) =>
    (await service.api.post('/roles', { token: admin.token, body: { name } })).status;

  it('F2, R36: signs the owner in by address and username, whatever the case', async () => {
    expect(await Promise.all(['idil@example.com', 'IDIL@example.COM'].map(signIn))).toEqual([200, 200]);
    const roleId = await service.factory.roleId('User');
    const body = { firstName: 'Irem', roleId, email: 'IREM@example.com', username: 'IREM.Isik' };
    expect((await service.api.post('/users', { token: admin.token, body })).status).toBe(201);
    await service.sql(
      'UPDATE user_auth SET password_hash = (SELECT password_hash FROM user_auth WHERE user_id = $1) WHERE username IS NOT NULL',
      [admin.id],
    );
    await service.sql(`UPDATE user_identity SET is_verified = true WHERE value = 'irem@example.com'`);
    const names = [
      'IREM.Isik',
      'irem.isik',
      'IREM.ISIK',
      'Irem.iSIK',
      'IREM@EXAMPLE.COM',
      'irem@example.com',
    ];
    // One after the other: more at once than LOCKOUT_LIMIT are counted before the first has proved to be right.
    for (const name of names) expect([name, await signIn(name)]).toEqual([name, 200]);
  });

  it('F2, S73: takes equal names for one', async () => {
    const roleId = await service.factory.roleId('User');
    const create = async (username: string) => {
      const body = { firstName: 'I', roleId, email: service.factory.email(), username };
      return (await service.api.post('/users', { token: admin.token, body })).status;
    };
    expect([await create('INCI'), await create('inci'), await create('Inci')]).toEqual([201, 409, 409]);
    expect([await createRole('INSTRUCTOR'), await createRole('instructor')]).toEqual([201, 409]);
    expect([await createRole('SUPERADMIN'), await createRole('ADMIN')]).toEqual([409, 409]);
    expect([await createRole('Iğdır'), await createRole('IĞDIR')]).toEqual([201, 409]);
  });

  it.each(['name', '-name'])('F2: lists every role once by %s, page by page, in one order', async (sort) => {
    for (const name of NAMES) await createRole(name);
    const all: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = `?limit=2&sort=${sort}${cursor && `&cursor=${cursor}`}`;
      const page: { body: Page } = await service.api.get<Page>(`/roles${query}`, { token: admin.token });
      all.push(...page.body.items.map(({ name }) => name));
      cursor = page.body.nextCursor;
    }
    const count = await service.sql('SELECT 1 FROM role WHERE deleted_at IS NULL');
    expect(new Set(all).size).toBe(count.length);
    expect(all).toHaveLength(count.length);
    const ours = all.filter((name) => NAMES.includes(name));
    const expected = [
      'indexer',
      'INSPECTOR',
      'iris',
      'Ixia',
      'Quiz',
      'Xylo',
      'Yak',
      'yeti',
      'zebra',
      'Zoo',
      'ÇAY',
    ];
    expect(sort === 'name' ? ours : ours.toReversed()).toEqual(expected);
  });
});

import { startApp, type TestApp } from '../support/app.js';
import { refusesStrangers } from './guarded.js';
import { type Page, type Problem, type User, walk } from './shapes.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

/** A role of its own with `count` users who were all made at the same moment. */
async function twins(count: number): Promise<{ roleId: number; ids: number[] }> {
  const roleId = await service.factory.role();
  const rows = await service.sql<{ id: number }>(
    `INSERT INTO "user" (first_name, role_id) SELECT 'Twin', $1 FROM generate_series(1, $2) RETURNING id`,
    [roleId, count],
  );
  return { roleId, ids: rows.map(({ id }) => id).toSorted((a, b) => a - b) };
}

const reader = () => service.factory.userWith('users.read');
const list = <Body = Page<User>>(token: string, query: string) =>
  service.api.get<Body>(`/users?${query}`, { token });

describe('GET /users', () => {
  refusesStrangers(() => service, { method: 'GET', path: '/users' }, 'users.read');

  it('answers 20 users by id unless asked otherwise', async () => {
    const { roleId, ids } = await twins(25);
    const { token } = await reader();
    const { status, body } = await list(token, `roleId=${roleId}`);
    expect(status).toBe(200);
    expect(body.items.map(({ id }) => id)).toEqual(ids.slice(0, 20));
    expect(body.nextCursor).not.toBeNull();
    expect(body.total).toBeUndefined();
  });

  it.each(['id', '-id', 'createdAt', '-createdAt'])(
    'walks users made at the same moment exactly once in the order %s',
    async (sort) => {
      const { roleId, ids } = await twins(23);
      const [moments] = await service.sql<{ count: string }>(
        'SELECT count(DISTINCT created_at) FROM "user" WHERE role_id = $1',
        [roleId],
      );
      expect(moments?.count).toBe('1');
      const { token } = await reader();
      const pages = await walk<User>(service, token, '/users', `roleId=${roleId}&limit=4&sort=${sort}`);
      expect(pages.map((page) => page.length)).toEqual([4, 4, 4, 4, 4, 3]);
      const seen = pages.flat().map(({ id }) => id);
      expect(seen).toEqual(sort.startsWith('-') ? ids.toReversed() : ids);
    },
  );

  it('walks users in the order in which they were made, not in that of their ids', async () => {
    const roleId = await service.factory.role();
    // As a replica, whose rows come with their times: on a primary the database's clock writes them.
    await service.sql(`BEGIN; SET LOCAL session_replication_role = replica;
      INSERT INTO "user" (first_name, role_id, created_at)
      SELECT 'Made on day ' || day, ${roleId}, make_timestamptz(2026, 1, day, 12, 0, 0.123)
      FROM unnest(ARRAY[3, 1, 5, 2, 4]) AS day;
      COMMIT`);
    const { token } = await reader();
    const pages = await walk<User>(service, token, '/users', `roleId=${roleId}&limit=2&sort=-createdAt`);
    const days = pages.flat().map(({ firstName }) => firstName.at(-1));
    expect(days).toEqual(['5', '4', '3', '2', '1']);
  });

  it('ends with a page that is exactly full', async () => {
    const { roleId } = await twins(8);
    const { token } = await reader();
    const pages = await walk<User>(service, token, '/users', `roleId=${roleId}&limit=4`);
    expect(pages.map((page) => page.length)).toEqual([4, 4]);
  });

  it('answers the contacts, never more than the profile', async () => {
    const { token } = await reader();
    const roleId = await service.factory.role();
    const user = await service.factory.user({ roleId, signIn: false, username: 'listed.user' });
    const { body, text } = await list(token, `roleId=${roleId}`);
    expect(body.items).toMatchObject([{ id: user.id, email: user.email, mobile: null, roleId }]);
    expect(text).not.toContain('listed.user');
  });

  it('filters by role and by state', async () => {
    const { roleId, ids } = await twins(4);
    await service.sql('UPDATE "user" SET is_active = false WHERE id = $1', [ids[1]]);
    const { token } = await reader();
    const idsFor = async (query: string) =>
      (await list(token, `roleId=${roleId}&${query}`)).body.items.map(({ id }) => id);
    expect(await idsFor('isActive=false')).toEqual([ids[1]]);
    expect(await idsFor('isActive=true')).toEqual([ids[0], ids[2], ids[3]]);
    expect((await list(token, 'roleId=2147483647')).body.items).toEqual([]);
  });

  it('counts what the filters leave, deleted users never', async () => {
    const { roleId, ids } = await twins(7);
    await service.sql('UPDATE "user" SET is_active = false WHERE id = $1', [ids[0]]);
    await service.sql('UPDATE "user" SET deleted_at = now() WHERE id = $1', [ids[1]]);
    const { token } = await reader();
    const totalFor = async (query: string) =>
      (await list(token, `roleId=${roleId}&total=true&limit=2&${query}`)).body.total;
    expect(await totalFor('')).toEqual({ value: 6, exact: true });
    expect(await totalFor('isActive=true')).toEqual({ value: 5, exact: true });
    expect((await list(token, `roleId=${roleId}&total=false`)).body.total).toBeUndefined();
  });

  it('counts exactly up to 10,000 and estimates beyond', async () => {
    const { roleId } = await twins(10_000);
    const { token } = await reader();
    const total = async () => (await list(token, `roleId=${roleId}&total=true&limit=1`)).body.total;
    expect(await total()).toEqual({ value: 10_000, exact: true });
    await service.sql(`INSERT INTO "user" (first_name, role_id) VALUES ('One more', $1)`, [roleId]);
    const beyond = await total();
    expect(beyond?.exact).toBe(false);
    expect(beyond?.value).toBeGreaterThan(10_000);
  });

  it('S75: leaves deleted users out', async () => {
    const { roleId, ids } = await twins(3);
    const admin = await service.factory.superAdmin();
    await service.api.delete(`/users/${ids[1]}`, { token: admin.token });
    const pages = await walk<User>(service, admin.token, '/users', `roleId=${roleId}&limit=1`);
    expect(pages.flat().map(({ id }) => id)).toEqual([ids[0], ids[2]]);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=1e1',
    'limit=%D9%A3',
    'limit=',
    'limit=1&limit=2',
    'total=yes',
    'total=',
    'roleId=0',
    'roleId=',
    'roleId=2147483648',
    'roleId=1%20OR%201=1',
    'roleId[]=1',
    'isActive=1',
    'isActive=null',
    'sort=',
    'sort=id&sort=-id',
    'deletedAt=null',
    'page=2',
  ])('refuses the query %s', async (query) => {
    const { token } = await reader();
    const response = await list<Problem>(token, query);
    expect(response.status).toBe(400);
    expect(response.body.code).toBe('validation_failed');
    expect(response.body.errors).not.toEqual([]);
  });

  it.each([
    'passwordHash',
    'username',
    'roleId',
    'deletedAt',
    'created_at',
    '--id',
    '+id',
    'id;',
    'Id',
    "id'",
  ])('S71: refuses to sort by %s', async (sort) => {
    const { token } = await reader();
    const response = await list<Problem>(token, `sort=${encodeURIComponent(sort)}`);
    expect(response.status).toBe(400);
    expect(response.body.errors).toMatchObject([{ field: 'sort' }]);
  });
});

describe('a cursor of GET /users', () => {
  /** A token, a role with users, and the first cursor of `query` over them. */
  async function firstCursor(query = ''): Promise<{ token: string; roleId: number; cursor: string }> {
    const { roleId } = await twins(6);
    const { token } = await service.factory.userWith('users.read', 'roles.read', 'privileges.read');
    const { body } = await list(token, `roleId=${roleId}&limit=2${query}`);
    return { token, roleId, cursor: body.nextCursor ?? '' };
  }

  async function expectRefused(token: string, path: string): Promise<void> {
    const response = await service.api.get<Problem>(path, { token });
    expect(response.status).toBe(400);
    expect(response.body.code).toBe('invalid_cursor');
  }

  it('goes on with another limit and with the total', async () => {
    const { token, roleId, cursor } = await firstCursor();
    const { body } = await list(token, `roleId=${roleId}&limit=100&total=true&cursor=${cursor}`);
    expect(body.items).toHaveLength(4);
    expect(body.total).toEqual({ value: 6, exact: true });
  });

  it('S85: is refused when any of its characters was changed', async () => {
    const { token, roleId, cursor } = await firstCursor();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let index = 0; index < cursor.length; index += 1) {
      const other = alphabet[(alphabet.indexOf(cursor[index] ?? '') + 1) % alphabet.length];
      const forged = `${cursor.slice(0, index)}${other}${cursor.slice(index + 1)}`;
      await expectRefused(token, `/users?roleId=${roleId}&cursor=${forged}`);
    }
  });

  it.each([
    '',
    'x',
    'bm90IGEgY3Vyc29y',
    encodeURIComponent(`' OR 1=1 --`),
    '%00',
    'AAAAAAAAAAAAAAAAAAAAAFsxLDFd',
    '..%2F..',
  ])('S85: is refused when it is %j', async (cursor) => {
    const { token } = await reader();
    await expectRefused(token, `/users?cursor=${cursor}`);
  });

  it('S85: is refused in another spelling of the same bytes, shortened or lengthened', async () => {
    const { token, roleId, cursor } = await firstCursor();
    const others = [`${cursor}=`, `${cursor}%0A`, `%20${cursor}`, cursor.slice(0, -1), `${cursor}AAAA`];
    for (const other of others) await expectRefused(token, `/users?roleId=${roleId}&cursor=${other}`);
  });

  it('is refused under another order', async () => {
    const { token, roleId, cursor } = await firstCursor('&sort=createdAt');
    for (const sort of ['id', '-id', '-createdAt']) {
      await expectRefused(token, `/users?roleId=${roleId}&sort=${sort}&cursor=${cursor}`);
    }
    await expectRefused(token, `/users?roleId=${roleId}&cursor=${cursor}`);
  });

  it('is refused under other filters', async () => {
    const { token, roleId, cursor } = await firstCursor();
    await expectRefused(token, `/users?cursor=${cursor}`);
    await expectRefused(token, `/users?roleId=${roleId + 1}&cursor=${cursor}`);
    await expectRefused(token, `/users?roleId=${roleId}&isActive=true&cursor=${cursor}`);
  });

  it('is refused by the other lists', async () => {
    const { token } = await firstCursor();
    const cursor = (await list(token, 'limit=1')).body.nextCursor;
    await expectRefused(token, `/roles?cursor=${cursor}`);
    await expectRefused(token, `/privileges?cursor=${cursor}`);
  });

  it('is good at another instance', async () => {
    const { token, roleId, cursor } = await firstCursor();
    const other = await startApp({ databaseUrl: service.databaseUrl });
    try {
      const response = await other.api.get<Page<User>>(`/users?roleId=${roleId}&cursor=${cursor}`, { token });
      expect(response.status).toBe(200);
      expect(response.body.items).toHaveLength(4);
    } finally {
      await other.close();
    }
  });
});

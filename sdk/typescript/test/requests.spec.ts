import { Gatehouse, isProblem, itemsOf, pagesOf } from '@gatehouse/client';
import { startApp, type TestApp } from '../../../test/support/app.js';

let service: TestApp;
let gatehouse: Gatehouse;
beforeAll(async () => {
  service = await startApp();
  const { token } = await service.factory.superAdmin();
  gatehouse = new Gatehouse({ baseUrl: service.api.base, accessToken: token });
});
afterAll(() => service.close());

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a request', () => {
  it('that creates happens once, though its answer was lost', async () => {
    let lost = 0;
    const { token } = await service.factory.superAdmin();
    const unlucky = new Gatehouse({
      baseUrl: service.api.base,
      accessToken: token,
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (lost > 0) return response;
        lost += 1;
        throw new TypeError('fetch failed');
      },
    });
    const name = service.factory.unique('role');
    const { data: role, response } = await unlucky.createRole({ body: { name } });
    expect(lost).toBe(1);
    expect(response.headers.get('idempotency-replayed')).toBe('true');
    expect(await service.sql('SELECT id FROM role WHERE name = $1', [name])).toEqual([{ id: role.id }]);
  });

  it('is sent with the key its caller has chosen', async () => {
    const name = service.factory.unique('role');
    const headers = { 'Idempotency-Key': name };
    const { data: first } = await gatehouse.createRole({ body: { name }, headers });
    const { data: second } = await gatehouse.createRole({ body: { name }, headers });
    expect(second).toEqual(first);
    const other = gatehouse.createRole({ body: { name: `${name}-2` }, headers });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused', status: 422 });
  });

  it('is refused with the code and the fields of the problem', async () => {
    const error = await caught(gatehouse.createRole({ body: { name: '' } }));
    if (!isProblem(error, 'validation_failed')) throw error;
    expect(error).toMatchObject({ status: 400, errors: [{ field: 'name' }] });
    expect(error.requestId).toBe(error.response.headers.get('x-request-id'));
    expect(isProblem(error)).toBe(true);
    expect(isProblem(error, 'role_name_taken', 'role_not_found')).toBe(false);
    const missing = await caught(gatehouse.getRole({ path: { id: 2_000_000_000 } }));
    expect(isProblem(missing, 'role_name_taken', 'role_not_found')).toBe(true);
  });

  it('changes what nobody else has changed since, by the ETag of what was read', async () => {
    const { data: role } = await gatehouse.createRole({ body: { name: service.factory.unique('role') } });
    const path = { id: role.id };
    const { response } = await gatehouse.getRole({ path });
    const etag = response.headers.get('etag') ?? '';
    await expect(gatehouse.getRole({ path, headers: { 'If-None-Match': etag } })).rejects.toMatchObject({
      name: 'NotModifiedError',
    });
    const change = (description: string) =>
      gatehouse.updateRole({ path, body: { description }, headers: { 'If-Match': etag } });
    expect((await change('first')).data.description).toBe('first');
    await expect(change('second')).rejects.toMatchObject({ code: 'precondition_failed' });
  });

  it('can leave errors to its caller as values', async () => {
    const { data, error } = await gatehouse.getRole({ path: { id: 2_000_000_000 }, throwOnError: false });
    expect(data).toBeUndefined();
    expect(isProblem(error, 'role_not_found')).toBe(true);
  });

  it('is not sent when it is aborted already', async () => {
    const reason = new Error('changed my mind');
    await expect(gatehouse.getRoot({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('a list', () => {
  let names: string[];
  beforeAll(async () => {
    const prefix = service.factory.unique('paged');
    names = Array.from({ length: 7 }, (_, index) => `${prefix}-${index}`);
    for (const name of names) await gatehouse.createRole({ body: { name } });
  });

  it('is gone through over all its pages', async () => {
    const seen: string[] = [];
    for await (const role of itemsOf((at) => gatehouse.listRoles({ query: { ...at, limit: 3, sort: 'id' } })))
      seen.push(role.name);
    expect(seen.filter((name) => names.includes(name))).toEqual(names);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('is asked for no more pages than are used', async () => {
    let asked = 0;
    const pages = pagesOf((at) => {
      asked += 1;
      return gatehouse.listRoles({ query: { ...at, limit: 2, total: true } });
    });
    for await (const page of pages) {
      expect(page.items).toHaveLength(2);
      expect(page.total?.value).toBeGreaterThan(6);
      break;
    }
    expect(asked).toBe(1);
  });

  it('is not gone through for ever when the cursor is dropped', async () => {
    const seen: number[] = [];
    const all = async () => {
      for await (const role of itemsOf(() => gatehouse.listRoles({ query: { limit: 2 } })))
        seen.push(role.id);
    };
    await expect(all()).rejects.toThrow('The same page came twice');
    expect(seen).toHaveLength(2);
  });

  it.each([1, 2, 3, 7])(
    'is not gone through for ever when its pages go round, %i of them',
    async (length) => {
      let asked = 0;
      const round = pagesOf(async () => {
        if ((asked += 1) > 30) throw new Error('It goes on for ever');
        return { data: { items: [], nextCursor: String(asked % length) } };
      });
      const all = async () => {
        for await (const page of round) expect(page.items).toEqual([]);
      };
      await expect(all()).rejects.toThrow('The same page came twice');
    },
  );

  it('ends with a page that names no next one', async () => {
    const pages: unknown[] = [];
    const old = pagesOf(async () => ({ data: { items: [1] } as { items: number[]; nextCursor: null } }));
    for await (const { items } of old) pages.push(items);
    expect(pages).toEqual([[1]]);
  });

  it('hands on what a page is refused for', async () => {
    const all = async () => {
      for await (const role of itemsOf(() => gatehouse.listRoles({ query: { cursor: 'made-up' } })))
        throw new Error(`There was ${role.name}`);
    };
    await expect(all()).rejects.toMatchObject({ code: 'invalid_cursor' });
  });
});

it.each([
  { baseUrl: 'id.example.com' },
  { baseUrl: '' },
  { baseUrl: '/gatehouse' },
  { baseUrl: 'https://id.example.com/api/v1/' },
  { timeout: 0 },
  { timeout: Number.NaN },
  { retry: { tries: 0 } },
  { retry: { tries: Number.NaN } },
  { retry: { maxWait: Infinity } },
])('an option that cannot be right is an error at once: %j', (options) => {
  expect(() => new Gatehouse({ baseUrl: 'https://id.example.com', ...options })).toThrow(TypeError);
});

import type { Page, PageRequest, PagePosition } from '../../src/common/page.js';
import { SYSTEM } from '../../src/platform/database/transactions.js';
import { Privilege } from '../../src/privileges/privilege.entity.js';
import { PrivilegesRepository, type PrivilegeSortField } from '../../src/privileges/privileges.repository.js';
import { type Fixture, only, openFixture } from './fixture.js';

let db: Fixture;
let repository: PrivilegesRepository;

beforeAll(async () => {
  db = await openFixture('keyset');
  repository = new PrivilegesRepository(db.dataSource.getRepository(Privilege));
});
afterAll(() => db.close());
beforeEach(() => db.sql('TRUNCATE privilege CASCADE'));
afterEach(() => jest.restoreAllMocks());

/** `count` privileges in one statement, that is, with one time of creation. */
const fill = (count: number, prefix = 'p') =>
  db.sql(
    `INSERT INTO privilege (name) SELECT '${prefix}.' || lpad(n::text, 6, '0') FROM generate_series(1, ${count}) AS n`,
  );

function page(request: Partial<PageRequest<PrivilegeSortField>> = {}): Promise<Page<Privilege>> {
  const sort = { field: 'id', descending: false } as const;
  return repository.list({ limit: 100, sort, after: null, withTotal: false, ...request });
}

/** Walks the whole list; `between` runs after each page. */
async function walk(
  request: Partial<PageRequest<PrivilegeSortField>>,
  between: (seen: readonly number[]) => Promise<unknown> = async () => undefined,
): Promise<number[]> {
  const seen: number[] = [];
  let after: PagePosition | null = null;
  do {
    const { items, next }: Page<Privilege> = await page({ ...request, after });
    seen.push(...items.map(({ id }) => id));
    after = next;
    await between(seen);
  } while (after !== null);
  return seen;
}

async function idsInOrder(order: string): Promise<number[]> {
  const rows = await db.sql<{ id: number }>(
    `SELECT id FROM privilege WHERE deleted_at IS NULL ORDER BY ${order}`,
  );
  return rows.map(({ id }) => id);
}

describe('a list by pages', () => {
  it.each<[PrivilegeSortField, boolean, string]>([
    ['id', false, 'id'],
    ['id', true, 'id DESC'],
    ['name', false, 'name, id'],
    ['name', true, 'name DESC, id DESC'],
    ['createdAt', false, 'created_at, id'],
    ['createdAt', true, 'created_at DESC, id DESC'],
  ])(
    'shows every row once, ordered by %s (descending: %p), many of the same time',
    async (field, descending, order) => {
      await fill(50, 'b');
      await fill(50, 'a');
      await fill(31, 'c');
      const seen = await walk({ limit: 7, sort: { field, descending } });
      expect(seen).toHaveLength(131);
      expect(seen).toEqual(await idsInOrder(order));
    },
  );

  it('tells times apart that differ by a millisecond only', async () => {
    await fill(30);
    await db.sql('ALTER TABLE privilege DISABLE TRIGGER set_common_columns');
    await db.sql(
      `UPDATE privilege SET created_at = '2026-01-01Z'::timestamptz + (id % 5) * interval '1 millisecond'`,
    );
    await db.sql('ALTER TABLE privilege ENABLE TRIGGER set_common_columns');
    for (const descending of [false, true]) {
      const seen = await walk({ limit: 4, sort: { field: 'createdAt', descending } });
      expect(seen).toEqual(await idsInOrder(descending ? 'created_at DESC, id DESC' : 'created_at, id'));
    }
  });

  it.each([1, 10, 11, 12, 100])('ends exactly: 11 rows in pages of %i', async (limit) => {
    await fill(11);
    const pages: number[] = [];
    await walk({ limit }, async (seen) => pages.push(seen.length));
    expect(pages.at(-1)).toBe(11);
    expect(pages).toHaveLength(Math.ceil(11 / limit));
  });

  it('is empty when there is nothing, and has no next page', async () => {
    expect(await page({ withTotal: true })).toEqual({
      items: [],
      next: null,
      total: { value: 0, exact: true },
    });
  });

  it('shows no row twice and misses none that stays, while rows come and go', async () => {
    await fill(60);
    const staying = await idsInOrder('id');
    let round = 0;
    const seen = await walk({ limit: 5, sort: { field: 'createdAt', descending: true } }, async (shown) => {
      round += 1;
      await fill(3, `new${round}`);
      await db.sql('UPDATE privilege SET deleted_at = now() WHERE id = $1', [shown.at(-1)]);
      await db.sql('UPDATE privilege SET deleted_at = now() WHERE id = $1', [staying[round]]);
    });
    expect(new Set(seen).size).toBe(seen.length);
    const left = new Set(await idsInOrder('id'));
    expect(staying.filter((id) => left.has(id) && !seen.includes(id))).toEqual([]);
  });

  it('goes on after a row that is gone meanwhile', async () => {
    await fill(6);
    const first = await page({ limit: 3 });
    await db.sql('DELETE FROM privilege WHERE id = $1', [first.next?.id]);
    const second = await page({ limit: 3, after: first.next });
    expect(second.items.map(({ name }) => name)).toEqual(['p.000004', 'p.000005', 'p.000006']);
  });

  it('takes positions as values, never as SQL', async () => {
    await fill(3);
    const after = { value: `' OR true; DROP TABLE privilege; --`, id: 0 };
    const { items } = await page({ sort: { field: 'name', descending: false }, after });
    expect(items).toHaveLength(3);
    expect(await idsInOrder('id')).toHaveLength(3);
  });

  it('reads deep pages from the index, in the order it is in', async () => {
    await fill(20_000);
    await db.sql('ANALYZE privilege');
    const [deep] = await db.sql<{ id: number; created_at: Date }>(
      'SELECT * FROM privilege ORDER BY id OFFSET 15000 LIMIT 1',
    );
    const log = jest.spyOn(db.dataSource.logger, 'logQuery');
    await page({
      limit: 20,
      sort: { field: 'createdAt', descending: true },
      after: { value: deep?.created_at.toISOString() ?? '', id: deep?.id ?? 0 },
    });
    const [sql = '', parameters = []] = log.mock.calls[0] ?? [];
    const plan = await db.sql<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, parameters as unknown[]);
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toContain('Index Scan Backward using ix_privilege_created_at');
    expect(text).not.toContain('Sort');
  });
});

describe('a total', () => {
  it('is there only when it is asked for', async () => {
    expect('total' in (await page())).toBe(false);
  });

  it('is the number of all matching rows, on every page, deleted ones left out', async () => {
    await fill(25);
    await db.sql(`UPDATE privilege SET deleted_at = now() WHERE name LIKE '%5'`);
    const first = await page({ limit: 10, withTotal: true });
    expect(first.total).toEqual({ value: 22, exact: true });
    expect((await page({ limit: 10, withTotal: true, after: first.next })).total).toEqual({
      value: 22,
      exact: true,
    });
  });

  it('is exact up to 10,000', async () => {
    await fill(10_000);
    expect((await page({ limit: 1, withTotal: true })).total).toEqual({ value: 10_000, exact: true });
  });

  it('is an estimate above, never below what was counted', async () => {
    await fill(10_001);
    const { total } = await page({ limit: 1, withTotal: true });
    expect(total?.exact).toBe(false);
    expect(total?.value).toBeGreaterThan(10_000);
  });

  it('is a good estimate once the table is analysed', async () => {
    await fill(30_000);
    await db.sql('ANALYZE privilege');
    const { total } = await page({ limit: 1, withTotal: true });
    expect(total?.exact).toBe(false);
    expect(Math.abs((total?.value ?? 0) - 30_000)).toBeLessThan(3_000);
  });
});

describe('a row as the database wrote it', () => {
  it('is answered to whoever inserts or updates it, with what triggers and defaults set', async () => {
    const made = await db.transactions.run(SYSTEM, (tx) =>
      repository.insert(tx, { name: 'a.read', description: null }),
    );
    expect(made).toBeInstanceOf(Privilege);
    expect(made).toMatchObject({ name: 'a.read', description: null, createdBy: null, deletedAt: null });
    expect(made.createdAt).toBeInstanceOf(Date);
    expect(made).toEqual(await repository.find(made.id));

    const changed = await db.transactions.run(SYSTEM, (tx) =>
      repository.update(tx, made.id, { description: 'Read' }),
    );
    expect(changed).toBeInstanceOf(Privilege);
    expect(changed).toEqual(await repository.find(made.id));
    expect(changed.description).toBe('Read');
    expect(only(await db.sql('SELECT name FROM privilege'))).toEqual({ name: 'a.read' });
  });
});

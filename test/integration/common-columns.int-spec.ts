import { type Fixture, insertUser, only, openFixture, roleId } from './fixture.js';

interface Row {
  id: number;
  first_name: string;
  created_at: Date;
  updated_at: Date;
  created_by: number | null;
  updated_by: number | null;
  deleted_at: Date | null;
}

let db: Fixture;
let ada: number;
let eve: number;
let role: number;

beforeAll(async () => {
  db = await openFixture('columns');
  role = await roleId(db.sql);
});
afterAll(() => db.close());
beforeEach(async () => {
  ada = await insertUser(db.sql);
  eve = await insertUser(db.sql);
});

const read = async (id: number) => only(await db.sql<Row>('SELECT * FROM "user" WHERE id = $1', [id]));
const now = async () =>
  only(await db.sql<{ now: Date }>(`SELECT date_trunc('milliseconds', now()) AS now`)).now;

/** Runs statements as `author`; gives the rows of the last. */
const as = (author: number | null, ...statements: [string, unknown[]?][]) =>
  db.transactions.run({ userId: author }, async (tx) => {
    let rows: Row[] = [];
    for (const [sql, parameters] of statements) rows = await tx.query<Row>(sql, parameters);
    return rows;
  });
const insert = (author: number | null, columns = '', values = '') =>
  as(author, [
    `INSERT INTO "user" (first_name, role_id ${columns}) VALUES ('New', $1 ${values}) RETURNING *`,
    [role],
  ]).then(only);

describe('S74: the common columns', () => {
  it('say of a new row when it was made and by whom', async () => {
    const before = await now();
    const row = await insert(ada);
    expect(row).toMatchObject({ created_by: ada, updated_by: ada, deleted_at: null });
    expect(row.updated_at).toEqual(row.created_at);
    expect(row.created_at.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(row.created_at.getTime()).toBeLessThanOrEqual((await now()).getTime());
  });

  it('name nobody when the system acts', async () => {
    expect(await insert(null)).toMatchObject({ created_by: null, updated_by: null });
  });

  it('say of a changed row when and by whom, and keep who made it', async () => {
    const made = await insert(ada);
    await as(eve, [`UPDATE "user" SET first_name = 'Changed' WHERE id = $1`, [made.id]]);
    const changed = await read(made.id);
    expect(changed).toMatchObject({ created_at: made.created_at, created_by: ada, updated_by: eve });
    expect(changed.updated_at.getTime()).toBeGreaterThanOrEqual(made.updated_at.getTime());
    await as(null, [`UPDATE "user" SET first_name = 'Again' WHERE id = $1`, [made.id]]);
    expect(await read(made.id)).toMatchObject({ created_by: ada, updated_by: null });
  });

  it('are true of every row of one statement by hand: 100 rows', async () => {
    await as(ada, [
      `INSERT INTO "user" (first_name, role_id) SELECT 'Bulk', $1 FROM generate_series(1, 100)`,
      [role],
    ]);
    const rows = () => db.sql<Row>(`SELECT * FROM "user" WHERE first_name IN ('Bulk', 'Changed in bulk')`);
    const made = await rows();
    expect(made).toHaveLength(100);
    expect(made.filter((row) => row.created_by !== ada || row.updated_by !== ada)).toEqual([]);

    const changed = (await as(
      eve,
      [`UPDATE "user" SET first_name = 'Changed in bulk' WHERE first_name = 'Bulk'`],
      [
        `SELECT *, date_trunc('milliseconds', now()) AS transaction_time FROM "user" WHERE first_name = 'Changed in bulk'`,
      ],
    )) as (Row & { transaction_time: Date })[];
    expect(changed).toHaveLength(100);
    const { created_at: createdAt } = made[0] ?? {};
    expect(changed.filter((row) => row.created_by !== ada || row.updated_by !== eve)).toEqual([]);
    expect(changed.filter((row) => row.created_at.getTime() !== createdAt?.getTime())).toEqual([]);
    expect(changed.filter((row) => row.updated_at.getTime() !== row.transaction_time.getTime())).toEqual([]);
    expect(await rows()).toHaveLength(100);
  });

  it('cannot be forged by an insert', async () => {
    const row = await insert(
      ada,
      ', created_at, updated_at, created_by, updated_by',
      `, '2001-01-01', '2001-01-01', ${eve}, ${eve}`,
    );
    expect(row).toMatchObject({ created_by: ada, updated_by: ada });
    expect(row.created_at.getFullYear()).toBeGreaterThan(2001);
    expect(row.updated_at).toEqual(row.created_at);
  });

  it('cannot be forged by an update', async () => {
    const made = await insert(ada);
    await as(ada, [
      `UPDATE "user" SET created_at = '2001-01-01', updated_at = '2001-01-01', created_by = $2, updated_by = $2 WHERE id = $1`,
      [made.id, eve],
    ]);
    const row = await read(made.id);
    expect(row).toMatchObject({ created_at: made.created_at, created_by: ada, updated_by: ada });
    expect(row.updated_at.getTime()).toBeGreaterThanOrEqual(made.updated_at.getTime());
  });

  it('cannot be forged without the service either', async () => {
    const row = only(
      await db.sql<Row>(
        `INSERT INTO "user" (first_name, role_id, created_by, updated_by) VALUES ('New', $1, $2, $2) RETURNING *`,
        [role, eve],
      ),
    );
    expect(row).toMatchObject({ created_by: null, updated_by: null });
  });

  it('outlive the user they name', async () => {
    const made = await insert(ada);
    await db.sql('DELETE FROM "user" WHERE id = $1', [ada]);
    expect(await read(made.id)).toMatchObject({ created_by: null, created_at: made.created_at });
  });

  it('count a soft delete as a change', async () => {
    const made = await insert(ada);
    await as(eve, ['UPDATE "user" SET deleted_at = now() WHERE id = $1', [made.id]]);
    const row = await read(made.id);
    expect(row).toMatchObject({ created_by: ada, updated_by: eve });
    expect(row.deleted_at).toEqual(row.updated_at);
  });

  it('hold whole milliseconds, as cursors do', async () => {
    const made = await insert(ada);
    await as(ada, [`UPDATE "user" SET deleted_at = '2026-01-01 00:00:00.123456Z' WHERE id = $1`, [made.id]]);
    const odd = await db.sql(
      `SELECT 1 FROM "user", unnest(ARRAY[created_at, updated_at, deleted_at]) AS t (at)
       WHERE date_trunc('milliseconds', at) <> at`,
    );
    expect(odd).toEqual([]);
  });

  it('take the author of their own transaction, whoever used the connection before', async () => {
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const author = [ada, eve, null][index % 3] ?? null;
        const row = await insert(author);
        expect([row.created_by, row.updated_by]).toEqual([author, author]);
      }),
    );
    const [left] = await db.dataSource.query<{ author: string | null }[]>(
      `SELECT current_setting('gatehouse.author', true) AS author`,
    );
    expect(left?.author ?? '').toBe('');
  });

  it('take no author from a transaction that was rolled back', async () => {
    const failing = as(ada, ['SELECT 1'], ['SELECT 1 / 0']);
    await expect(failing).rejects.toThrow('division by zero');
    expect(await insert(null)).toMatchObject({ created_by: null });
  });
});

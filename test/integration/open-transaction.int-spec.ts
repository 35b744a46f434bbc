import { isDatabaseFailure } from '../../src/platform/database/database-failure.js';
import { CommitAnd, SYSTEM, type Transaction } from '../../src/platform/database/transactions.js';
import { type Fixture, openFixture } from './fixture.js';

let db: Fixture;
beforeAll(async () => {
  db = await openFixture('open_transaction');
});
afterAll(() => db.close());

let names = 0;
const uniqueName = () => `privilege.${(names += 1)}`;
const insert = (tx: Transaction, name: string) =>
  tx.query<{ name: string }>('INSERT INTO privilege (name) VALUES ($1) RETURNING name', [name]);

/** For another connection. */
const isThere = async (name: string) =>
  (await db.sql('SELECT 1 FROM privilege WHERE name = $1', [name])).length > 0;

describe('steps that are begun together', () => {
  it('are done in the order in which they were sent, each seeing those before', async () => {
    const name = uniqueName();
    const HOW_MANY = 'SELECT count(*)::int AS n FROM privilege WHERE name = $1';
    const answers = await db.transactions.run(SYSTEM, (tx) =>
      tx.all([tx.query(HOW_MANY, [name]), insert(tx, name), tx.query(HOW_MANY, [name]), 'no step']),
    );
    expect(answers).toEqual([[{ n: 0 }], [{ name }], [{ n: 1 }], 'no step']);
  });

  it('fail by the first that fails, not by one that only heard of it', async () => {
    const [name, late] = [uniqueName(), uniqueName()];
    const slowly = async (step: Promise<unknown>) => {
      try {
        return await step;
      } catch (error) {
        // Who maps an error takes longer than who does not.
        await Promise.resolve();
        throw error;
      }
    };
    const failing = db.transactions.run(SYSTEM, (tx) =>
      tx.all([insert(tx, name), slowly(tx.query('SELECT 1 / 0')), insert(tx, late)]),
    );
    await expect(failing).rejects.toThrow('division by zero');
    expect(await isThere(name)).toBe(false);
  });

  it('are all at their end when one fails: none writes after the transaction', async () => {
    const name = uniqueName();
    const tried: unknown[] = [];
    const failing = db.transactions.run(SYSTEM, (tx) =>
      tx.all([
        Promise.reject(new Error('refused')),
        tx.query('SELECT pg_sleep(0.05)').then(async () => tried.push(await insert(tx, name))),
      ]),
    );
    await expect(failing).rejects.toThrow('refused');
    expect(tried).toEqual([[{ name }]]);
    expect(await isThere(name)).toBe(false);
  });

  it('F4: fail when the connection is lost among them, and the next transaction has another', async () => {
    const name = uniqueName();
    const lost = db.transactions.run(SYSTEM, (tx) =>
      tx.all([insert(tx, name), tx.query('SELECT pg_terminate_backend(pg_backend_pid())'), insert(tx, name)]),
    );
    expect(isDatabaseFailure(await lost.catch((error: unknown) => error))).toBe(true);
    expect(await isThere(name)).toBe(false);
    await db.transactions.run(SYSTEM, (tx) => insert(tx, name));
    expect(await isThere(name)).toBe(true);
  });

  it('are refused once the transaction is over, on a connection that is somebody else’s', async () => {
    const { promise: kept, resolve: keep } = Promise.withResolvers<Transaction>();
    await db.transactions.run(SYSTEM, async (tx) => keep(tx));
    const tx = await kept;
    await expect(tx.query('SELECT 1')).rejects.toThrow('The transaction is over');
    expect(() => tx.preparedLast('late', 'SELECT 1', [])).toThrow('The transaction is over');
  });
});

describe('what is written last of all', () => {
  const INSERT = 'INSERT INTO privilege (name) VALUES ($1)';

  it('is done on the way of the commit, in the order in which it came', async () => {
    const [first, second] = [uniqueName(), uniqueName()];
    const ids = await db.transactions.run(SYSTEM, async (tx) => {
      for (const name of [first, second]) tx.preparedLast('test-insert', INSERT, [name]);
      return tx.query('SELECT id FROM privilege WHERE name = ANY($1)', [[first, second]]);
    });
    expect(ids).toEqual([]);
    const rows = await db.sql<{ name: string }>(
      'SELECT name FROM privilege WHERE name = ANY($1) ORDER BY id',
      [[first, second]],
    );
    expect(rows.map(({ name }) => name)).toEqual([first, second]);
  });

  it('rolls everything back when it fails, and is what is told; no step after the commit runs', async () => {
    const [name, taken] = [uniqueName(), uniqueName()];
    const hook = jest.fn();
    const failing = db.transactions.run(SYSTEM, async (tx) => {
      tx.afterCommit(hook);
      await insert(tx, name);
      for (const each of [taken, taken, uniqueName()]) tx.preparedLast('test-insert', INSERT, [each]);
    });
    await expect(failing).rejects.toMatchObject({ driverError: { code: '23505' } });
    expect(hook).not.toHaveBeenCalled();
    expect(await isThere(name)).toBe(false);
  });

  it('F4: fails as a whole when the connection is lost on the way of the commit', async () => {
    const name = uniqueName();
    const lost = db.transactions.run(SYSTEM, async (tx) => {
      tx.preparedLast('test-insert', INSERT, [name]);
      tx.preparedLast('test-terminate', 'SELECT pg_terminate_backend(pg_backend_pid())', []);
    });
    expect(isDatabaseFailure(await lost.catch((error: unknown) => error))).toBe(true);
    expect(await isThere(name)).toBe(false);
  });

  it('commits with a refusal that is to be counted', async () => {
    const name = uniqueName();
    const refused = db.transactions.run(SYSTEM, async (tx) => {
      tx.preparedLast('test-insert', INSERT, [name]);
      throw new CommitAnd(new Error('refused'));
    });
    await expect(refused).rejects.toThrow('refused');
    expect(await isThere(name)).toBe(true);
  });

  it('is not done when the transaction rolls back', async () => {
    const name = uniqueName();
    const failing = db.transactions.run(SYSTEM, async (tx) => {
      tx.preparedLast('test-insert', INSERT, [name]);
      throw new Error('refused');
    });
    await expect(failing).rejects.toThrow('refused');
    expect(await isThere(name)).toBe(false);
  });
});

it('a transaction that goes on after a statement has failed is told that nothing was committed', async () => {
  const hook = jest.fn();
  const failing = db.transactions.run(SYSTEM, async (tx) => {
    tx.afterCommit(hook);
    await tx.query('SELECT 1 / 0').catch(() => undefined);
  });
  await expect(failing).rejects.toThrow('A statement of the transaction has failed');
  expect(hook).not.toHaveBeenCalled();
});

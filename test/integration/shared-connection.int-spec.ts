import { Client } from 'pg';
import { isShared, settle } from '../../src/platform/database/session.js';
import { SESSIONS } from '../../src/platform/database/session-settings.js';
import { emptyDatabase } from '../support/database.js';

/** The settings of a session are looked at over this connection before it is known to be shared: it keeps them. */
let client: Client;
let bare: Client['query'];

beforeAll(async () => {
  client = new Client({ connectionString: await emptyDatabase('shared') });
  await client.connect();
  // A pooler names a process of its own.
  Object.assign(client, { processID: -1 });
  bare = client.query.bind(client);
  await settle(client, SESSIONS.application);
});
afterAll(() => client.end());

const SHOW = `SELECT current_setting('statement_timeout') AS timeout`;
const timeout = async (query: Client['query'], values?: unknown[]) =>
  (await query<{ timeout: string }>(SHOW, values)).rows.map((row) => row.timeout);

describe('R34, F3: a connection that is shared', () => {
  it('is known by the process that answers', () => {
    expect(isShared(client)).toBe(true);
  });

  it('has our settings in every statement and in every transaction, and leaves none behind', async () => {
    expect(await timeout(client.query.bind(client))).toEqual(['5s']);
    expect(await timeout(bare)).toEqual(['0']);
    await client.query('START TRANSACTION');
    expect(await timeout(client.query.bind(client))).toEqual(['5s']);
    expect(await timeout(bare)).toEqual(['5s']);
    await client.query('COMMIT');
    expect(await timeout(bare)).toEqual(['0']);
  });

  it('does what is said along with BEGIN in the transaction, behind the settings', async () => {
    await client.query(`BEGIN; SELECT set_config('gatehouse.author', '7', true)`);
    const shown = `SELECT current_setting('gatehouse.author') AS author, current_setting('statement_timeout') AS timeout`;
    expect((await client.query(shown)).rows).toEqual([{ author: '7', timeout: '5s' }]);
    await client.query('COMMIT');
    expect((await client.query(shown)).rows).toEqual([{ author: '', timeout: '5s' }]);
  });

  it('takes parameters and callbacks, and forgets the names of statements', async () => {
    const named = { name: 'one', text: 'SELECT $1::int AS one', values: [1] };
    expect((await client.query(named)).rows).toEqual([{ one: 1 }]);
    const called = new Promise((resolve, reject) => {
      client.query('SELECT $1::int AS one', [2], (error: Error | null, result) =>
        error ? reject(error) : resolve(result.rows),
      );
    });
    expect(await called).toEqual([{ one: 2 }]);
    expect((await bare('SELECT 1 FROM pg_prepared_statements')).rows).toEqual([]);
  });

  it('tells what fails: the statement, or the commit of it, and nothing stays', async () => {
    await expect(client.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await bare('CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)');
    await expect(client.query('INSERT INTO late VALUES (1), (1)')).rejects.toMatchObject({ code: '23505' });
    expect((await client.query('SELECT id FROM late')).rows).toEqual([]);
    expect(client.getTransactionStatus()).toBe('I');
  });

  it('rolls a transaction back, and goes on after a savepoint', async () => {
    await client.query('BEGIN');
    await client.query('INSERT INTO late VALUES (2)');
    await client.query('SAVEPOINT here');
    await expect(client.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
    await client.query('ROLLBACK TO SAVEPOINT here');
    expect((await client.query('SELECT id FROM late')).rows).toEqual([{ id: 2 }]);
    await client.query('ROLLBACK');
    expect((await client.query('SELECT id FROM late')).rows).toEqual([]);
  });

  it('builds and drops indexes beside what goes on, which no transaction may', async () => {
    await client.query('CREATE TABLE listed (id int)');
    await client.query('CREATE INDEX CONCURRENTLY ix_listed ON listed (id)');
    await client.query('DROP INDEX CONCURRENTLY ix_listed');
    await client.query('CREATE UNIQUE INDEX CONCURRENTLY ux_listed ON listed (id)');
    const indexes = await client.query(`SELECT indexname FROM pg_indexes WHERE tablename = 'listed'`);
    expect(indexes.rows).toEqual([{ indexname: 'ux_listed' }]);
  });

  it('listens to nothing, which others would hear', async () => {
    await client.query('LISTEN anything');
    expect((await bare('SELECT pg_listening_channels()')).rows).toEqual([]);
  });
});

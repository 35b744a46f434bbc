import { INBOX_TABLE, pgInbox } from '@gatehouse/access';
import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { cloneDatabase } from '../support/database.js';

let pool: Pool;
beforeAll(async () => {
  pool = new Pool({ connectionString: await cloneDatabase(), max: 4 });
  await pool.query(INBOX_TABLE);
  await pool.query('CREATE TABLE effect (event_id uuid NOT NULL)');
});
afterAll(() => pool.end());

const effects = async (id: string) =>
  (await pool.query('SELECT 1 FROM effect WHERE event_id = $1', [id])).rowCount;

describe('the inbox of a service beside Gatehouse', () => {
  it('has an effect once, however many come with the event at the same time', async () => {
    const inbox = pgInbox(pool, 'invoices');
    const id = randomUUID();
    const ran = await Promise.all(
      Array.from({ length: 10 }, () =>
        inbox.once(id, async (client) => {
          await client.query('INSERT INTO effect VALUES ($1)', [id]);
        }),
      ),
    );
    expect(ran.filter(Boolean)).toHaveLength(1);
    expect(await effects(id)).toBe(1);
  });

  it('keeps neither mark nor effect of what failed, whether the effect or its statement', async () => {
    const inbox = pgInbox(pool, 'invoices');
    const id = randomUUID();
    const insert = (client: { query: (sql: string, values: unknown[]) => Promise<unknown> }) =>
      client.query('INSERT INTO effect VALUES ($1)', [id]);
    const failing = inbox.once(id, async (client) => {
      await insert(client);
      throw new Error('No');
    });
    await expect(failing).rejects.toThrow('No');
    const odd = inbox.once(id, async (client) => {
      await insert(client);
      await client.query('SELECT nonsense');
    });
    await expect(odd).rejects.toThrow('nonsense');
    expect(await effects(id)).toBe(0);
    expect(await inbox.once(id, async (client) => void (await insert(client)))).toBe(true);
    expect(await effects(id)).toBe(1);
  });

  it('is one for each consumer, and forgets only what cannot come again', async () => {
    const id = randomUUID();
    const nothing = () => Promise.resolve();
    const [invoices, letters] = [pgInbox(pool, 'invoices'), pgInbox(pool, 'letters')];
    expect([await invoices.once(id, nothing), await letters.once(id, nothing)]).toEqual([true, true]);
    await pool.query(
      `UPDATE gatehouse_inbox SET handled_at = now() - interval '32 days' WHERE event_id = $1`,
      [id],
    );
    await expect(invoices.forgetAfter(30)).rejects.toThrow('30 days');
    await invoices.forgetAfter(31);
    expect([await invoices.once(id, nothing), await letters.once(id, nothing)]).toEqual([true, false]);
  });
});

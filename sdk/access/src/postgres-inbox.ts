import type { Inbox } from './inbox.js';

export interface PostgresInboxOptions<Transaction> {
  /** Who takes the events: each consumer of a database has effects of its own. */
  readonly consumer: string;
  /** Runs work in a transaction: commits what resolves, rolls back what rejects. */
  readonly transaction: <Value>(work: (transaction: Transaction) => Promise<Value>) => Promise<Value>;
  /** Runs a statement in it and answers the rows. */
  readonly query: (
    transaction: Transaction,
    sql: string,
    values: readonly unknown[],
  ) => Promise<readonly unknown[]>;
}

/** Put it into a migration. */
export const INBOX_TABLE = `CREATE TABLE gatehouse_inbox (
  consumer text NOT NULL,
  event_id uuid NOT NULL,
  handled_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, event_id)
)`;

const CLAIM = `INSERT INTO gatehouse_inbox (consumer, event_id) VALUES ($1, $2)
  ON CONFLICT DO NOTHING RETURNING event_id`;
const FORGET = `DELETE FROM gatehouse_inbox WHERE consumer = $1 AND handled_at < now() - make_interval(days => $2)`;

/** The mark commits with the effect, so that neither is there without the other. */
export class PostgresInbox<Transaction> implements Inbox<Transaction> {
  constructor(private readonly options: PostgresInboxOptions<Transaction>) {}

  once(eventId: string, effect: (transaction: Transaction) => Promise<void>): Promise<boolean> {
    const { consumer, transaction, query } = this.options;
    return transaction(async (tx) => {
      // Waits for another transaction that has claimed it and is not over.
      const claimed = await query(tx, CLAIM, [consumer, eventId]);
      if (claimed.length === 0) return false;
      await effect(tx);
      return true;
    });
  }

  /** Forgets what was done so many days ago, more than the 30 for which Gatehouse can send an event again. */
  async forgetAfter(days: number): Promise<void> {
    if (!Number.isInteger(days) || days <= 30)
      throw new TypeError('Gatehouse may send an event again for 30 days');
    const { consumer, transaction, query } = this.options;
    await transaction((tx) => query(tx, FORGET, [consumer, days]));
  }
}

interface PgClient {
  query(sql: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
  release(error?: boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** The next query rejects with it. */
const heardLater = (): void => {};

/** An inbox by the package pg; effects get the client of the transaction. */
export function pgInbox<Client extends PgClient>(
  pool: { connect(): Promise<Client> },
  consumer: string,
): PostgresInbox<Client> {
  return new PostgresInbox<Client>({
    consumer,
    query: async (client, sql, values) => (await client.query(sql, [...values])).rows,
    transaction: async (work) => {
      const client = await pool.connect();
      // A connection that breaks between two queries would end the process.
      client.on('error', heardLater);
      const release = (isBroken: boolean) => {
        client.off('error', heardLater);
        client.release(isBroken);
      };
      try {
        await client.query('BEGIN');
        const value = await work(client);
        await client.query('COMMIT');
        release(false);
        return value;
      } catch (error) {
        const isUsable = await client.query('ROLLBACK').then(
          () => true,
          () => false,
        );
        release(!isUsable);
        throw error;
      }
    },
  });
}

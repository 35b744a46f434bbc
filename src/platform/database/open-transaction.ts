import { escapeLiteral, type PoolClient, type QueryConfig } from 'pg';
import { type DataSource, type EntityManager, QueryFailedError, type QueryRunner } from 'typeorm';

/** What statements behind one that failed are answered in the same transaction, and those that were to be prepared there. */
const AFTERMATH = new Set(['25P02', '26000']);

/**
 * The connection of one transaction, begun here and ended by {@link commit} or {@link rollback}. Statements are sent as they
 * come, without waiting for the answer to the last one, and Postgres does them one after the other.
 */
export class OpenTransaction {
  private readonly last: QueryConfig[] = [];
  private isOver = false;

  private constructor(
    private readonly runner: QueryRunner,
    private readonly client: PoolClient,
  ) {}

  /** `authorId` is whom the database takes for the author of what is written; null: nobody. */
  static async begin(dataSource: DataSource, authorId: number | null): Promise<OpenTransaction> {
    const runner = dataSource.createQueryRunner();
    const opened = new OpenTransaction(runner, (await runner.connect()) as PoolClient);
    try {
      // Waited for: what is sent behind a BEGIN that fails would be done in no transaction at all.
      await opened.send({ text: beginFor(authorId) });
    } catch (error) {
      await opened.rollback();
      throw error;
    }
    // TypeORM did not begin it: it must neither begin one of its own nor refuse to lock.
    Object.assign(runner, { isTransactionActive: true });
    return opened;
  }

  get manager(): EntityManager {
    return this.runner.manager;
  }

  async send(statement: QueryConfig): Promise<unknown[]> {
    // On its connection somebody else's transaction may run by now.
    if (this.isOver) throw new Error('The transaction is over: a step of it was not waited for');
    return (await this.ask(statement)).rows;
  }

  /** Has it done last of all, in one go with the commit. */
  sendLast(statement: QueryConfig): void {
    if (this.isOver) throw new Error('The transaction is over: a step of it was not waited for');
    this.last.push(statement);
  }

  /** Rejects when anything of it failed; Postgres then has rolled all of it back. */
  async commit(): Promise<void> {
    this.isOver = true;
    const statements = [...this.last, { text: 'COMMIT' }];
    const answers = await allOf(statements.map((statement) => this.ask(statement)));
    // What Postgres answers to the COMMIT of a transaction in which a statement has failed.
    if (answers.at(-1)?.command === 'ROLLBACK') throw new Error('A statement of the transaction has failed');
    await this.runner.release();
  }

  /** Never rejects: where it cannot be said to the server, the connection is lost, and the transaction with it. */
  async rollback(): Promise<void> {
    this.isOver = true;
    await this.client.query('ROLLBACK').catch(() => undefined);
    await this.runner.release();
  }

  private async ask(statement: QueryConfig) {
    try {
      return await this.client.query<Record<string, unknown>>(statement);
    } catch (error) {
      throw new QueryFailedError(statement.text, statement.values as unknown[] | undefined, error as Error);
    }
  }
}

function beginFor(authorId: number | null): string {
  if (authorId === null) return 'BEGIN';
  return `BEGIN; SELECT set_config('gatehouse.author', ${escapeLiteral(String(authorId))}, true)`;
}

/**
 * Waits for all of them, so that none is still under way afterwards. Of several that fail the first is thrown: what was sent
 * behind it has only heard that the transaction has failed.
 */
export async function allOf<const Steps extends readonly unknown[]>(
  steps: Steps,
): Promise<{ -readonly [Index in keyof Steps]: Awaited<Steps[Index]> }> {
  const outcomes = await Promise.allSettled(steps);
  const failures = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  const first = failures.find(({ reason }) => !isAftermath(reason)) ?? failures[0];
  if (first) throw first.reason;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value) as never;
}

function isAftermath(reason: unknown): boolean {
  if (!(reason instanceof QueryFailedError)) return false;
  return AFTERMATH.has((reason.driverError as { code?: string }).code ?? '');
}

import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityTarget, type ObjectLiteral, type Repository } from 'typeorm';
import { poolSizeOf } from './data-source.js';
import { allOf, OpenTransaction } from './open-transaction.js';
import { Turns } from './turns.js';

const logger = new Logger('Transactions');

/** Who a transaction writes for; null for the system. An `Actor` is one. */
export interface Author {
  readonly userId: number | null;
}

export const SYSTEM: Author = { userId: null };

/**
 * An open database transaction. Every method that must be atomic takes it as its first argument.
 */
export class Transaction {
  private readonly hooks: (() => Promise<void> | void)[] = [];

  constructor(private readonly open: OpenTransaction) {}

  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity> {
    return this.open.manager.getRepository(entity);
  }

  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.open.send({ text: sql, values: [...parameters] }) as Promise<Row[]>;
  }

  /**
   * As {@link query}, parsed and planned once per connection: for the statements of requests that come often. `name` stands
   * for `sql` for good. It names the columns it answers: after a migration that adds one, `*` would be refused.
   */
  prepared<Row>(name: string, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return this.open.send({ name, text: sql, values: [...parameters] }) as Promise<Row[]>;
  }

  /**
   * As {@link prepared}, for what is written whatever else happens, and read by nothing in this transaction: it is done last
   * of all, on the way of the commit.
   */
  preparedLast(name: string, sql: string, parameters: readonly unknown[]): void {
    this.open.sendLast({ name, text: sql, values: [...parameters] });
  }

  /**
   * Waits for steps that were begun together, for none of which another has to be answered: their statements go to the
   * database at once, which does them one after the other in the order they were sent in, each seeing what those before
   * have done and locked. Of several failures the first is thrown, when none of the steps is under way any more. Not
   * `Promise.all`, after which the others go on.
   */
  all<const Steps extends readonly unknown[]>(
    steps: Steps,
  ): Promise<{ -readonly [Index in keyof Steps]: Awaited<Steps[Index]> }> {
    return allOf(steps);
  }

  /** Runs `hook` once the transaction has committed, and never if it rolls back. A failing hook is logged. */
  afterCommit(hook: () => Promise<void> | void): void {
    this.hooks.push(hook);
  }

  /** As {@link afterCommit}, but nobody waits for it: how long it takes tells the caller nothing. */
  inBackground(hook: () => Promise<void>): void {
    this.afterCommit(() => {
      hook().catch((error: unknown) =>
        logger.error('A step in the background failed; the change itself stands', error),
      );
    });
  }

  /** @internal called by {@link Transactions} */
  committed(): readonly (() => Promise<void> | void)[] {
    return this.hooks;
  }
}

/**
 * Thrown in a transaction: what it has written commits, and `error` is thrown then. For a refusal that has to be counted,
 * where a plain error would take the count back. Not after a statement that failed: Postgres commits nothing of a
 * transaction with one in it.
 */
export class CommitAnd extends Error {
  constructor(readonly error: Error) {
    super(error.message, { cause: error });
  }
}

interface Committed<T> {
  readonly result: T | CommitAnd;
  readonly hooks: readonly (() => Promise<void> | void)[];
}

/** Shares of the pool; one author has no more than one of them. */
const PARTS = 5;

@Injectable()
export class Transactions {
  private readonly participants: ((tx: Transaction) => Promise<void>)[] = [];
  private readonly turns: Turns;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    this.turns = new Turns(Math.max(1, Math.floor(poolSizeOf(dataSource) / PARTS)));
  }

  /** Lets `participant` write into every transaction, last before its commit. */
  beforeCommit(participant: (tx: Transaction) => Promise<void>): void {
    this.participants.push(participant);
  }

  /**
   * Runs `work` in one transaction (READ COMMITTED) written for `author`: what it returns is committed, what it
   * throws rolls everything back, {@link CommitAnd} excepted. The author becomes `created_by` and `updated_by` of every row
   * touched. One author has a few connections at a time, so that whoever makes many changes at once makes nobody else wait.
   *
   * @throws RateLimited when this author's changes have piled up
   */
  async run<T>(author: Author, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { userId } = author;
    const commit = () => this.commit(author, work);
    const { result, hooks } = await (userId === null ? commit() : this.turns.take(userId, commit));
    for (const hook of hooks) {
      try {
        await hook();
      } catch (error) {
        logger.error('A step after the commit failed; the change itself stands', error);
      }
    }
    if (result instanceof CommitAnd) throw result.error;
    return result;
  }

  private async commit<T>({ userId }: Author, work: (tx: Transaction) => Promise<T>): Promise<Committed<T>> {
    const open = await OpenTransaction.begin(this.dataSource, userId);
    try {
      const tx = new Transaction(open);
      const result = await work(tx).catch(refusal);
      for (const participant of this.participants) await participant(tx);
      await open.commit();
      return { result, hooks: tx.committed() };
    } catch (error) {
      await open.rollback();
      throw error;
    }
  }
}

/** Lets what is to be committed all the same through. */
function refusal(error: unknown): CommitAnd {
  if (error instanceof CommitAnd) return error;
  throw error;
}

import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import type { Pool } from 'pg';
import { AuditLog } from '../../src/platform/audit/audit-log.js';
import { isDatabaseFailure } from '../../src/platform/database/database-failure.js';
import {
  CommitAnd,
  SYSTEM,
  type Transaction,
  Transactions,
} from '../../src/platform/database/transactions.js';
import { ChangeLog } from '../../src/platform/events/change-log.js';
import { defineEvent } from '../../src/platform/events/define-event.js';
import { EventBus } from '../../src/platform/events/event-bus.js';
import type { DomainEvent } from '../../src/platform/events/domain-event.js';
import { Outbox } from '../../src/platform/outbox/outbox.js';
import type { OutboxSignal } from '../../src/platform/outbox/outbox-signal.js';
import { runInRequest } from '../../src/platform/http/request-context.js';
import { type Fixture, insertUser, only, openFixture, refusalOf } from './fixture.js';

let db: Fixture;
const bus = new EventBus();
/** Nobody is woken: what is written is looked at. */
const outbox = new Outbox({ ringAfter: () => undefined } as unknown as OutboxSignal);
const changes = new ChangeLog(new AuditLog(), outbox, bus);
/** What the process was told of, in order. */
const told: DomainEvent[] = [];
bus.subscribe((event) => void told.push(event));

beforeAll(async () => {
  db = await openFixture('transactions');
});
afterAll(() => db.close());

let count = 0;
const uniqueName = () => `privilege.${(count += 1)}`;

/** A change with its audit entry and its event. */
async function change(tx: Transaction, name: string, author: number | null = null): Promise<void> {
  const [row] = await tx.query<{ id: number }>('INSERT INTO privilege (name) VALUES ($1) RETURNING id', [
    name,
  ]);
  const event = {
    type: 'privilege.created',
    version: 1,
    aggregate: { type: 'privilege', id: row?.id ?? 0 },
    payload: { name },
  };
  await changes.record(tx, { userId: author, sessionId: 's-1' }, event, { name });
}

/** What another connection sees of the change. */
async function traces(name: string) {
  const counted = await db.sql<Record<'change' | 'audit' | 'outbox', number>>(
    `SELECT (SELECT count(*)::int FROM privilege WHERE name = $1) AS change,
       (SELECT count(*)::int FROM audit_log WHERE details->>'name' = $1) AS audit,
       (SELECT count(*)::int FROM outbox WHERE payload->>'name' = $1) AS outbox`,
    [name],
  );
  return only(counted);
}

describe('a transaction', () => {
  it('S76: commits change, audit entry and event together', async () => {
    const name = uniqueName();
    const result = await db.transactions.run(SYSTEM, async (tx) => {
      await change(tx, name);
      expect(await traces(name)).toEqual({ change: 0, audit: 0, outbox: 0 });
      return 'answer';
    });
    expect(result).toBe('answer');
    expect(await traces(name)).toEqual({ change: 1, audit: 1, outbox: 1 });
  });

  it('S76: rolls back change, audit entry and event together', async () => {
    const name = uniqueName();
    const failing = db.transactions.run(SYSTEM, async (tx) => {
      await change(tx, name);
      throw new Error('the last step failed');
    });
    await expect(failing).rejects.toThrow('the last step failed');
    expect(await traces(name)).toEqual({ change: 0, audit: 0, outbox: 0 });
  });

  it('S76: leaves no change behind whose event cannot be stored', async () => {
    const name = uniqueName();
    const failing = db.transactions.run(SYSTEM, async (tx) => {
      await change(tx, name);
      await outbox.add(tx, {
        type: 'x'.repeat(65),
        version: 1,
        aggregate: { type: 'privilege', id: 1 },
        payload: {},
      });
    });
    await expect(failing).rejects.toThrow('too long');
    expect(await traces(name)).toEqual({ change: 0, audit: 0, outbox: 0 });
  });

  it('gives its connection back, whether it commits or rolls back', async () => {
    const attempts = Array.from({ length: 50 }, (_, index) =>
      db.transactions.run(SYSTEM, async (tx) => {
        await tx.query('SELECT 1');
        if (index % 2 === 0) throw new Error('half of them');
      }),
    );
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(25);
    const idle = await db.sql(
      `SELECT state FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gatehouse' AND state <> 'idle'`,
    );
    expect(idle).toEqual([]);
  });

  it('answers rows alone, of updates and deletes too', async () => {
    const name = uniqueName();
    const answers = await db.transactions.run(SYSTEM, async (tx) => [
      await tx.query('INSERT INTO privilege (name) VALUES ($1) RETURNING name', [name]),
      await tx.query('UPDATE privilege SET description = $2 WHERE name = $1 RETURNING description', [
        name,
        'new',
      ]),
      await tx.query('SELECT name FROM privilege WHERE name = $1', [name]),
      await tx.query('DELETE FROM privilege WHERE name = $1 RETURNING name', [name]),
      await tx.query('DELETE FROM privilege WHERE name = $1', [name]),
    ]);
    expect(answers).toEqual([[{ name }], [{ description: 'new' }], [{ name }], [{ name }], []]);
  });
});

describe('a step after the commit', () => {
  it('runs once the change is there for everybody', async () => {
    const name = uniqueName();
    const seen: unknown[] = [];
    await db.transactions.run(SYSTEM, async (tx) => {
      tx.afterCommit(async () => void seen.push(await traces(name)));
      await change(tx, name);
      expect(seen).toEqual([]);
    });
    expect(seen).toEqual([{ change: 1, audit: 1, outbox: 1 }]);
  });

  it('does not run when the transaction rolls back', async () => {
    const hook = jest.fn();
    const failing = db.transactions.run(SYSTEM, async (tx) => {
      tx.afterCommit(hook);
      await tx.query('SELECT 1 / 0');
    });
    await expect(failing).rejects.toThrow('division by zero');
    expect(hook).not.toHaveBeenCalled();
  });

  it('does not run when the commit itself fails', async () => {
    await db.sql(`CREATE TABLE parent (id int PRIMARY KEY)`);
    await db.sql(`CREATE TABLE child (id int REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)`);
    const hook = jest.fn();
    const failing = db.transactions.run(SYSTEM, async (tx) => {
      tx.afterCommit(hook);
      await tx.query('INSERT INTO child VALUES (1)');
    });
    await expect(failing).rejects.toThrow('violates foreign key constraint');
    expect(hook).not.toHaveBeenCalled();
    await db.sql('DROP TABLE child, parent');
  });

  it('may fail without failing the call or the steps behind it; the failure is logged', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    const name = uniqueName();
    const last = jest.fn();
    const thrown = new Error('the mail server is away');
    await db.transactions.run(SYSTEM, async (tx) => {
      tx.afterCommit(() => Promise.reject(thrown));
      tx.afterCommit(() => {
        throw thrown;
      });
      tx.afterCommit(last);
      await change(tx, name);
    });
    expect(await traces(name)).toEqual({ change: 1, audit: 1, outbox: 1 });
    expect(last).toHaveBeenCalledTimes(1);
    expect(error.mock.calls.map(([, reason]) => reason as unknown)).toEqual([thrown, thrown]);
    error.mockRestore();
  });
});

describe('a refusal that is to be counted', () => {
  it('is thrown after the commit of what was written, and after the steps behind it', async () => {
    const name = uniqueName();
    const refused = new Error('refused');
    const hook = jest.fn();
    const refusing = db.transactions.run(SYSTEM, async (tx) => {
      tx.afterCommit(hook);
      await change(tx, name);
      throw new CommitAnd(refused);
    });
    await expect(refusing).rejects.toBe(refused);
    expect(hook).toHaveBeenCalledTimes(1);
    expect(await traces(name)).toEqual({ change: 1, audit: 1, outbox: 1 });
  });

  it('is thrown as the failure it is where the commit fails', async () => {
    const name = uniqueName();
    const away = new Error('the connection is lost');
    const transactions = new Transactions(db.dataSource);
    transactions.beforeCommit(() => Promise.reject(away));
    const refusing = transactions.run(SYSTEM, async (tx) => {
      await change(tx, name);
      throw new CommitAnd(new Error('refused'));
    });
    await expect(refusing).rejects.toBe(away);
    expect(await traces(name)).toEqual({ change: 0, audit: 0, outbox: 0 });
  });
});

describe('the process', () => {
  const nameOf = ({ payload }: DomainEvent) => payload.name;

  it('is told of a change after the commit and before the call returns', async () => {
    const name = uniqueName();
    await db.transactions.run(SYSTEM, async (tx) => {
      await change(tx, name);
      expect(told.map(nameOf)).not.toContain(name);
    });
    expect(told.map(nameOf)).toContain(name);
  });

  it('is not told of what was rolled back', async () => {
    const name = uniqueName();
    const failing = db.transactions.run(SYSTEM, async (tx) => {
      await change(tx, name);
      await tx.query('SELECT 1 / 0');
    });
    await expect(failing).rejects.toThrow('division by zero');
    expect(told.map(nameOf)).not.toContain(name);
  });
});

describe('who joins the changes of a kind', () => {
  const renamed = defineEvent('test.privilege_renamed', 1, (id: number, name: string) => ({
    aggregate: { type: 'privilege', id },
    payload: { name },
  }));
  const newest = () =>
    db.sql<{ id: number }>('SELECT id FROM privilege ORDER BY id DESC LIMIT 1').then((rows) => only(rows).id);
  const rename = (log: ChangeLog, id: number, name: string) =>
    db.transactions.run(SYSTEM, async (tx) => {
      await tx.query('UPDATE privilege SET name = $2 WHERE id = $1', [id, name]);
      await log.record(tx, { userId: null, sessionId: 's-2' }, renamed(id, name), { name });
    });

  it('commits with the change, sees it, and is told what happened and who did it; one after the other, as they came', async () => {
    const log = new ChangeLog(new AuditLog(), outbox, bus);
    const name = uniqueName();
    const seen: unknown[] = [];
    log.within(renamed, async (tx, event, actor) => {
      seen.push([event.aggregate.id, actor.sessionId]);
      await tx.query('SELECT pg_sleep(0.01)');
      await tx.query('UPDATE privilege SET description = $2 WHERE name = $1', [event.payload.name, 'first']);
    });
    log.within(renamed, async (tx, { payload }) => {
      seen.push(await tx.query('SELECT description FROM privilege WHERE name = $1', [payload.name]));
      seen.push(await traces(payload.name));
    });
    await db.transactions.run(SYSTEM, (tx) => change(tx, uniqueName()));
    const id = await newest();
    await rename(log, id, name);
    expect(seen).toEqual([[id, 's-2'], [{ description: 'first' }], { change: 0, audit: 0, outbox: 0 }]);
    expect(await traces(name)).toEqual({ change: 1, audit: 1, outbox: 1 });
    expect(await db.sql('SELECT description FROM privilege WHERE id = $1', [id])).toEqual([
      { description: 'first' },
    ]);
  });

  it('undoes the change by what it throws, and with it what others have done who joined; those behind it do not run', async () => {
    const log = new ChangeLog(new AuditLog(), outbox, bus);
    const [name, by] = [uniqueName(), uniqueName()];
    const last = jest.fn();
    log.within(renamed, (tx) => change(tx, by));
    log.within(renamed, () => Promise.reject(new Error('it may not be')));
    log.within(renamed, last);
    await db.transactions.run(SYSTEM, (tx) => change(tx, uniqueName()));
    await expect(rename(log, await newest(), name)).rejects.toThrow('it may not be');
    const nothing = { change: 0, audit: 0, outbox: 0 };
    expect([await traces(name), await traces(by)]).toEqual([nothing, nothing]);
    expect(last).not.toHaveBeenCalled();
    expect(told.map(({ payload }) => payload.name)).not.toContain(name);
  });

  it('is undone where a later step of the change fails, and hears of no other kind', async () => {
    const log = new ChangeLog(new AuditLog(), outbox, bus);
    const by = uniqueName();
    log.within(renamed, (tx) => change(tx, by));
    const failing = db.transactions.run(SYSTEM, async (tx) => {
      await log.record(tx, SYSTEM, renamed(1, 'x'));
      await tx.query('SELECT 1 / 0');
    });
    await expect(failing).rejects.toThrow('division by zero');
    expect(await traces(by)).toEqual({ change: 0, audit: 0, outbox: 0 });
    await db.transactions.run(SYSTEM, (tx) =>
      log.record(tx, SYSTEM, { ...renamed(1, 'x'), type: 'test.other' }),
    );
    expect(await traces(by)).toEqual({ change: 0, audit: 0, outbox: 0 });
  });
});

describe('whoever takes part in every transaction', () => {
  it('writes last, into the same one, and can refuse it', async () => {
    const transactions = new Transactions(db.dataSource);
    const [name, refused] = [uniqueName(), uniqueName()];
    const seen: unknown[] = [];
    transactions.beforeCommit(async (tx) => {
      seen.push(await tx.query('SELECT name FROM privilege WHERE name = $1', [name]));
      await tx.query('UPDATE privilege SET description = $2 WHERE name = $1', [name, 'seen']);
    });
    await transactions.run(SYSTEM, (tx) => change(tx, name));
    expect(seen).toEqual([[{ name }]]);
    expect(await db.sql('SELECT description FROM privilege WHERE name = $1', [name])).toEqual([
      { description: 'seen' },
    ]);
    transactions.beforeCommit(() => Promise.reject(new Error('no')));
    await expect(transactions.run(SYSTEM, (tx) => change(tx, refused))).rejects.toThrow('no');
    expect(await traces(refused)).toEqual({ change: 0, audit: 0, outbox: 0 });
  });
});

describe('the audit log', () => {
  it('S76: says when, who, what, on whom, how it ended, and from where', async () => {
    const author = await insertUser(db.sql);
    const name = uniqueName();
    const request = { requestId: 'req-1', ip: '2001:db8::7', userAgent: 'curl/8' };
    await runInRequest(request, () =>
      db.transactions.run({ userId: author }, (tx) => change(tx, name, author)),
    );
    const entry = only(
      await db.sql(
        `SELECT *, at > now() - interval '1 minute' AS recent FROM audit_log WHERE details->>'name' = $1`,
        [name],
      ),
    );
    expect(entry).toMatchObject({
      actor_id: author,
      action: 'privilege.created',
      subject_type: 'privilege',
      subject_id: expect.stringMatching(/^\d+$/),
      outcome: 'success',
      ip: '2001:db8::7',
      user_agent: 'curl/8',
      request_id: 'req-1',
      session_id: 's-1',
      details: { name },
      recent: true,
    });
  });

  it('S76: refuses UPDATE, DELETE and TRUNCATE, of no row and by the owner of the table too', async () => {
    await db.transactions.run(SYSTEM, (tx) => change(tx, uniqueName()));
    const before = await db.sql('SELECT * FROM audit_log ORDER BY id');
    for (const statement of [
      `UPDATE audit_log SET action = 'forged'`,
      'UPDATE audit_log SET action = action WHERE false',
      'DELETE FROM audit_log',
      'DELETE FROM audit_log WHERE false',
      'TRUNCATE audit_log',
      'TRUNCATE audit_log RESTART IDENTITY CASCADE',
      `INSERT INTO audit_log (id, action, outcome) OVERRIDING SYSTEM VALUE SELECT id, 'forged', outcome FROM audit_log
       ON CONFLICT (id) DO UPDATE SET action = EXCLUDED.action`,
      `MERGE INTO audit_log a USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE`,
    ]) {
      expect([statement, await refusalOf(db.sql(statement))]).toEqual([statement, '42501']);
    }
    expect(await db.sql('SELECT * FROM audit_log ORDER BY id')).toEqual(before);
    expect(before.length).toBeGreaterThan(0);
  });

  it('S76: takes no id of its author’s choice', async () => {
    expect(
      await refusalOf(db.sql(`INSERT INTO audit_log (id, action, outcome) VALUES (1, 'x', 'success')`)),
    ).toBe('428C9');
  });
});

describe('a lost connection', () => {
  it.each([
    ['next statement', async (tx: Transaction) => void (await tx.query('SELECT 1'))],
    ['commit', async () => undefined],
  ])('F4: is the database’s failure where it was lost before the %s', async (_, next) => {
    const { master } = db.dataSource.driver as unknown as { master: Pool };
    const lost = db.transactions.run(SYSTEM, async (tx) => {
      const { pid } = only(await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'));
      const gone = once(master, 'remove');
      await db.sql('SELECT pg_terminate_backend($1)', [pid]);
      await gone;
      await next(tx);
    });
    const error = await lost.catch((reason: unknown) => reason);
    expect([error, isDatabaseFailure(error)]).toEqual([expect.any(Error), true]);
  });
});

describe('the server’s limits', () => {
  it('R6: hold on every connection of the service', async () => {
    const names = [
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'application_name',
    ];
    const settings = await Promise.all(
      Array.from({ length: 10 }, () =>
        db.transactions.run(SYSTEM, (tx) =>
          tx.query<{ name: string; setting: string }>(
            'SELECT name, setting FROM pg_settings WHERE name = ANY($1) ORDER BY name',
            [names],
          ),
        ),
      ),
    );
    for (const rows of settings) {
      expect(rows).toEqual([
        { name: 'application_name', setting: 'gatehouse' },
        { name: 'idle_in_transaction_session_timeout', setting: '10000' },
        { name: 'lock_timeout', setting: '2000' },
        { name: 'statement_timeout', setting: '5000' },
      ]);
    }
  });
});

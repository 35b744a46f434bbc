import { Logger } from '@nestjs/common';
import { SendBudget } from '../../src/identities/send-budget.js';
import { SendBudgetRepository } from '../../src/identities/send-budget.repository.js';
import { AuditLog } from '../../src/platform/audit/audit-log.js';
import { SYSTEM } from '../../src/platform/database/transactions.js';
import { OutboxSignal } from '../../src/platform/events/outbox-signal.js';
import { Handlers } from '../../src/platform/jobs/handlers.js';
import { Jobs } from '../../src/platform/jobs/jobs.js';
import { type Fixture, openFixture } from './fixture.js';

let fixture: Fixture;
let budgets: SendBudgetRepository;
let budget: SendBudget;
beforeAll(() => Logger.overrideLogger(false));
beforeAll(async () => {
  fixture = await openFixture('budget', { env: { SMS_HOURLY_LIMIT: '3' } });
  const { dataSource, transactions, config } = fixture;
  budgets = new SendBudgetRepository(dataSource);
  const jobs = new Jobs(new Handlers(), new OutboxSignal(dataSource));
  budget = new SendBudget(budgets, transactions, new AuditLog(), jobs, config);
});
afterAll(() => fixture.close());
beforeEach(() => fixture.sql('TRUNCATE send_budget'));

const email = (value: string) => ({ type: 'email', value }) as const;
const mobile = (value: string) => ({ type: 'mobile', value }) as const;
const back = (interval: string) =>
  fixture.sql(
    `UPDATE send_budget SET last_sent_at = last_sent_at - $1::interval, hour_start = hour_start - $1::interval,
       day_start = day_start - $1::interval`,
    [interval],
  );
const refused = async () =>
  (await fixture.sql(`SELECT 1 FROM audit_log WHERE action = 'message.over_budget'`)).length;

describe('S22: the budget of a destination', () => {
  it('is one message of twenty asked for at the same time', async () => {
    const before = await refused();
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) => budget.take(email('ada@example.com'), `job-${index}`)),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect((await refused()) - before).toBe(19);
  });

  it('is five an hour and ten a day', async () => {
    const taken: string[] = [];
    for (let minute = 0; minute < 26 * 60; minute += 5) {
      const wasTaken = await budget.take(email('grace@example.com'), `job-${minute}`);
      if (wasTaken) taken.push(String(minute));
      await back('5 minutes 1 second');
    }
    const firstDay = taken.filter((minute) => Number(minute) < 23 * 60);
    expect(firstDay.slice(0, 6)).toEqual(['0', '5', '10', '15', '20', '60']);
    expect(firstDay).toHaveLength(10);
    expect(taken.length).toBeGreaterThan(10);
  });

  it('is charged once for the repeats of a job, and not shared with other jobs', async () => {
    expect(await budget.take(email('joan@example.com'), 'job')).toBe(true);
    expect(await budget.take(email('joan@example.com'), 'job')).toBe(true);
    expect(await budget.take(email('joan@example.com'), 'another')).toBe(false);
    const [row] = await fixture.sql<{ hour: number; day: number }>(
      'SELECT hour_count AS hour, day_count AS day FROM send_budget',
    );
    expect(row).toEqual({ hour: 1, day: 1 });
  });

  it('need not wait once it was proved; the hour goes on counting', async () => {
    for (let index = 0; index < 5; index += 1) {
      expect(await budget.take(email('mary@example.com'), `job-${index}`)).toBe(true);
      await fixture.transactions.run(SYSTEM, (tx) => budget.clearSpacing(tx, email('mary@example.com')));
    }
    expect(await budget.take(email('mary@example.com'), 'job-6')).toBe(false);
  });

  it('S95: is said in the log when it is spent, without the address', async () => {
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation();
    for (const ref of ['job', 'another']) await budget.take(email('kay@example.com'), ref);
    expect(log.mock.calls).toEqual([[expect.stringMatching(/another.*budget.*is spent/)]]);
    expect(JSON.stringify(log.mock.calls)).not.toContain('kay');
    log.mockRestore();
  });

  it('holds no address in clear', async () => {
    await budget.take(email('kay@example.com'), 'job');
    const [row] = await fixture.sql<{ text: string }>('SELECT b::text AS text FROM send_budget b');
    expect(row?.text).not.toContain('kay');
  });
});

describe('S22: the budget of lock notices to a destination', () => {
  const notice = (to: Parameters<SendBudget['take']>[0], ref: string) => budget.take(to, ref, 'lock notices');

  it('is one an hour and three a day', async () => {
    const taken: number[] = [];
    for (let hour = 0; hour < 25; hour += 1) {
      const both = [`job-${hour}`, `more-${hour}`].map((ref) => notice(email('ada@example.com'), ref));
      if ((await Promise.all(both)).includes(true)) taken.push(hour);
      await back('1 hour 1 second');
    }
    expect(taken).toEqual([0, 1, 2, 24]);
  });

  it('is apart from that of codes and links', async () => {
    expect(await notice(email('ada@example.com'), 'lock')).toBe(true);
    expect(await notice(email('ada@example.com'), 'lock again')).toBe(false);
    expect(await budget.take(email('ada@example.com'), 'code')).toBe(true);
    expect(await fixture.sql('SELECT key FROM send_budget')).toHaveLength(2);
  });

  it('counts among all text messages where it goes to a mobile', async () => {
    for (const digit of [1, 2, 3])
      expect(await notice(mobile(`+49151234567${digit}`), `job-${digit}`)).toBe(true);
    expect(await notice(mobile('+491512345674'), 'job-4')).toBe(false);
    expect(await budget.take(mobile('+491512345675'), 'job-5')).toBe(false);
  });
});

describe('S22: the budget of all text messages', () => {
  it('is shared by all numbers, and charges nobody for what was not sent', async () => {
    const taken = await Promise.all(
      Array.from({ length: 6 }, (_, index) => budget.take(mobile(`+491512345678${index}`), `job-${index}`)),
    );
    expect(taken.filter(Boolean)).toHaveLength(3);
    // Three numbers, and the row of all of them.
    expect(await fixture.sql('SELECT key FROM send_budget')).toHaveLength(4);
    expect(await budget.take(email('ada@example.com'), 'job')).toBe(true);
  });
});

it('budgets that are whole again are removed', async () => {
  await budget.take(email('old@example.com'), 'job');
  await back('25 hours');
  await budget.take(email('new@example.com'), 'job');
  expect(await budgets.removeOld(10)).toBe(1);
  expect(await fixture.sql('SELECT key FROM send_budget')).toHaveLength(1);
});

import { Secrets } from '../../src/platform/config/secrets.config.js';
import { MessagesConfig } from '../../src/messages/messages.config.js';
import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Contact } from '../../src/messages/contact.js';
import type { BudgetUse } from '../../src/messages/budget-limits.js';
import { TooManyMessages } from '../../src/messages/message.errors.js';
import { type Charge, SendBudgetService } from '../../src/messages/send-budget.service.js';
import { SendBudgetRepository } from '../../src/messages/send-budget.repository.js';
import { AuditLog } from '../../src/platform/audit/audit-log.js';
import { SYSTEM } from '../../src/platform/database/transactions.js';
import { OutboxSignal } from '../../src/platform/outbox/outbox-signal.js';
import { Outbox } from '../../src/platform/outbox/outbox.js';
import { Handlers } from '../../src/platform/jobs/handlers.js';
import { Jobs } from '../../src/platform/jobs/jobs.js';
import { type Fixture, openFixture } from './fixture.js';

let fixture: Fixture;
let budgets: SendBudgetRepository;
let budget: SendBudgetService;
beforeAll(() => Logger.overrideLogger(false));
beforeAll(async () => {
  fixture = await openFixture('budget', { env: { SMS_HOURLY_LIMIT: '4', USER_MESSAGE_LIMIT: '20' } });
  const { dataSource, transactions, config } = fixture;
  const jobs = new Jobs(new Handlers(), new Outbox(new OutboxSignal(dataSource)));
  budgets = new SendBudgetRepository(dataSource, jobs);
  budget = new SendBudgetService(
    budgets,
    transactions,
    new AuditLog(),
    config.get(Secrets),
    config.get(MessagesConfig),
  );
});
afterAll(() => fixture.close());
beforeEach(() => fixture.sql('TRUNCATE send_budget'));

const email = (value: string) => ({ type: 'email', value }) as const;
const from = (network: string, use: BudgetUse = 'sign_in'): Charge => ({ use, by: { network } });
const code = (to: Contact, ref: string, network = '192.0.2.1') => budget.take(to, ref, from(network));
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
      Array.from({ length: 20 }, (_, index) => code(email('ada@example.com'), `job-${index}`)),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect((await refused()) - before).toBe(19);
  });

  it('is five of twenty asked for at the same time from as many networks', async () => {
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        code(email('ada@example.com'), `job-${index}`, `192.0.2.${index}`),
      ),
    );
    expect(taken.filter(Boolean)).toHaveLength(5);
  });

  it('is five an hour and ten a day, whoever asks', async () => {
    const taken: string[] = [];
    for (let minute = 0; minute < 26 * 60; minute += 5) {
      const wasTaken = await code(email('grace@example.com'), `job-${minute}`, `192.0.2.${minute % 7}`);
      if (wasTaken) taken.push(String(minute));
      await back('5 minutes 1 second');
    }
    const firstDay = taken.filter((minute) => Number(minute) < 23 * 60);
    expect(firstDay.slice(0, 6)).toEqual(['0', '5', '10', '15', '20', '60']);
    expect(firstDay).toHaveLength(10);
    expect(taken.length).toBeGreaterThan(10);
  });

  it('A3, S100: is three an hour and six a day for one network, which cannot spend it alone', async () => {
    const taken: number[] = [];
    for (let minute = 0; minute < 20 * 60; minute += 10) {
      if (await code(email('grace@example.com'), `job-${minute}`)) taken.push(minute);
      await back('10 minutes 1 second');
    }
    expect(taken).toEqual([0, 10, 20, 60, 70, 80]);
    expect(await code(email('grace@example.com'), 'owner', '203.0.113.7')).toBe(true);
  });

  it('A3, S100: is apart for each use', async () => {
    for (const use of ['registration', 'sign_in', 'recovery', 'proof'] as const) {
      for (let network = 0; network < 10; network += 1)
        await budget.take(email('joan@example.com'), `${use}-${network}`, from(String(network), use));
    }
    const rows = await fixture.sql<{ count: number }>(
      `SELECT hour_count AS count FROM send_budget GROUP BY key HAVING hour_count > 1`,
    );
    expect(rows.map(({ count }) => count)).toEqual([5, 5, 5, 5]);
  });

  it('is charged once for the repeats of a job, and not shared with other jobs', async () => {
    expect(await code(email('joan@example.com'), 'job')).toBe(true);
    expect(await code(email('joan@example.com'), 'job')).toBe(true);
    expect(await code(email('joan@example.com'), 'another')).toBe(false);
    const rows = await fixture.sql<{ hour: number; day: number }>(
      'SELECT hour_count AS hour, day_count AS day FROM send_budget',
    );
    expect(rows).toEqual([
      { hour: 1, day: 1 },
      { hour: 1, day: 1 },
    ]);
  });

  it('A9, S102: is one for every spelling of a mailbox', async () => {
    expect(await code(email('a.da+one@gmail.com'), 'job')).toBe(true);
    for (const same of ['ada@gmail.com', 'a.d.a@googlemail.com', 'ada+two@gmail.com'])
      expect([same, await code(email(same), `job of ${same}`)]).toEqual([same, false]);
  });

  it('need not wait once it was proved; the hour goes on counting', async () => {
    for (let index = 0; index < 3; index += 1) {
      expect(await code(email('mary@example.com'), `job-${index}`)).toBe(true);
      await fixture.transactions.run(SYSTEM, (tx) => budget.clearSpacing(tx, email('mary@example.com')));
    }
    expect(await code(email('mary@example.com'), 'job-6')).toBe(false);
  });

  it('A3: is freed of its pause without waiting for who is charged at the moment, whom that would lock out', async () => {
    expect(await code(email('joan@example.com'), 'job')).toBe(true);
    await fixture.sql('BEGIN');
    try {
      await fixture.sql('SELECT 1 FROM send_budget WHERE destination IS NOT NULL LIMIT 1 FOR UPDATE');
      await fixture.transactions.run(SYSTEM, (tx) => budget.clearSpacing(tx, email('joan@example.com')));
    } finally {
      await fixture.sql('ROLLBACK');
    }
    expect(await fixture.sql('SELECT 1 FROM send_budget WHERE last_sent_at IS NULL')).toHaveLength(1);
  });

  it('S95: is said in the log when it is spent, without the address', async () => {
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation();
    for (const ref of ['job', 'another']) await code(email('kay@example.com'), ref);
    expect(log.mock.calls).toEqual([[expect.stringMatching(/another.*budget.*is spent/)]]);
    expect(JSON.stringify(log.mock.calls)).not.toContain('kay');
    log.mockRestore();
  });

  it('holds no address in clear', async () => {
    await code(email('kay@example.com'), 'job');
    const [row] = await fixture.sql<{ text: string }>('SELECT b::text AS text FROM send_budget b');
    expect(row?.text).not.toContain('kay');
  });

  it('A3: is whole again when an administrator says so, and that of others stays', async () => {
    for (const value of ['mary@example.com', 'kay@example.com']) await code(email(value), value);
    await fixture.transactions.run(SYSTEM, (tx) => budget.clear(tx, [email('mary@example.com')]));
    expect(await code(email('mary@example.com'), 'next')).toBe(true);
    expect(await code(email('kay@example.com'), 'next')).toBe(false);
  });
});

describe('A3, S100: the budget of recovery', () => {
  const link = (ref: string, network: string) =>
    budget.take(email('ada@example.com'), ref, from(network, 'recovery'));
  const spend = async () => {
    let sent = 0;
    for (let index = 0; index < 8; index += 1) if (await link(randomUUID(), `${index}`)) sent += 1;
    return sent;
  };

  it('always leaves a link that is good: one more whenever the last one has run out', async () => {
    expect(await spend()).toBe(6);
    for (let round = 0; round < 20; round += 1) {
      await back('7 minutes 31 seconds');
      await spend();
      const isSent = await link(randomUUID(), 'owner');
      const [row] = await fixture.sql<{ age: number }>(
        'SELECT min(extract(epoch FROM now() - last_sent_at))::int AS age FROM send_budget',
      );
      expect(isSent || (row?.age ?? 900) < 900).toBe(true);
    }
  });

  it('of a device of the owner is not spent by strangers', async () => {
    await spend();
    const charge = { use: 'recovery', by: { device: 'mine' } } as const;
    expect(await budget.take(email('ada@example.com'), 'job', charge)).toBe(true);
  });
});

describe('A5, S22: the budget of what somebody signed in has sent', () => {
  const invite = (value: string, user = 7) =>
    fixture.transactions.run(SYSTEM, (tx) =>
      budget.charge(tx, email(value), { use: 'invitation', by: { user } }),
    );

  it('is five an hour to one destination, and says how long to wait', async () => {
    for (let index = 0; index < 5; index += 1) await invite('ada@example.com');
    await back('10 minutes');
    const refusal = await invite('ada@example.com', 8).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TooManyMessages);
    const { headers } = refusal as TooManyMessages;
    expect(Number(headers['Retry-After'])).toBeGreaterThan(2_990);
    expect(Number(headers['Retry-After'])).toBeLessThanOrEqual(3_000);
  });

  it('is one of the causer, over all destinations; what is refused is charged nobody', async () => {
    for (let index = 0; index < 20; index += 1) await invite(`user-${index}@example.com`);
    await expect(invite('user-21@example.com')).rejects.toThrow(TooManyMessages);
    expect(await fixture.sql('SELECT key FROM send_budget')).toHaveLength(41);
    await invite('user-22@example.com', 8);
  });
});

describe('S22: the budget of lock notices to a destination', () => {
  const notice = (to: Contact, ref: string) =>
    budget.take(to, ref, { use: 'lock_notice', by: { user: 7, part: 'account_locked' } });

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
    expect(await code(email('ada@example.com'), 'code')).toBe(true);
  });

  it('counts among all text messages where it goes to a mobile', async () => {
    for (const digit of [1, 2, 3, 4])
      expect(await notice(mobile(`+49151234567${digit}`), `job-${digit}`)).toBe(true);
    expect(await notice(mobile('+491512345675'), 'job-5')).toBe(false);
    expect(await code(mobile('+491512345676'), 'job-6')).toBe(false);
  });
});

describe('S22: the budget of all text messages', () => {
  it('is shared by all numbers, and charges nobody for what was not sent', async () => {
    const taken = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        code(mobile(`+491512345678${index}`), `job-${index}`, `${index}`),
      ),
    );
    expect(taken.filter(Boolean)).toHaveLength(4);
    // Two for each of four numbers, and the row of all of them.
    expect(await fixture.sql('SELECT key FROM send_budget')).toHaveLength(9);
    expect(await code(email('ada@example.com'), 'job')).toBe(true);
  });

  it('A9, S102: is not spent by registrations: a quarter is kept for numbers that were proved', async () => {
    const taken: boolean[] = [];
    for (let index = 0; index < 6; index += 1) {
      const charge = from(`${index}`, 'registration');
      taken.push(await budget.take(mobile(`+491512345678${index}`), `job-${index}`, charge));
    }
    expect(taken).toEqual([true, true, true, false, false, false]);
    expect(await code(mobile('+491512345689'), 'owner')).toBe(true);
  });
});

it('budgets that are whole again are removed', async () => {
  await code(email('old@example.com'), 'job');
  await back('25 hours');
  await code(email('new@example.com'), 'job');
  expect(await budgets.removeOld(10)).toBe(2);
  expect(await fixture.sql('SELECT key FROM send_budget')).toHaveLength(2);
});

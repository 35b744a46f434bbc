import { MailConfig } from '../../src/platform/mail/mail.config.js';
import { ProductConfig } from '../../src/platform/product/product.config.js';
import { SmsConfig } from '../../src/platform/sms/sms.config.js';
import { Secrets } from '../../src/platform/config/secrets.config.js';
import { MessagesConfig } from '../../src/messages/messages.config.js';
import { Logger } from '@nestjs/common';
import { IdentitiesRepository } from '../../src/users/identities/identities.repository.js';
import { UsersConfig } from '../../src/users/users.config.js';
import { ContactMessagesService } from '../../src/messages/contact-messages.service.js';
import { IdentityNoticesService } from '../../src/users/identities/notices/identity-notices.service.js';
import { WaitingNoticesRepository } from '../../src/users/identities/notices/waiting-notices.repository.js';
import type { Notice } from '../../src/messages/message.js';
import { SendBudgetService } from '../../src/messages/send-budget.service.js';
import { SendBudgetRepository } from '../../src/messages/send-budget.repository.js';
import { AuditLog } from '../../src/platform/audit/audit-log.js';
import { SYSTEM } from '../../src/platform/database/transactions.js';
import { OutboxSignal } from '../../src/platform/outbox/outbox-signal.js';
import { Outbox } from '../../src/platform/outbox/outbox.js';
import { Handlers } from '../../src/platform/jobs/handlers.js';
import { HopelessJob } from '../../src/platform/jobs/job.js';
import { Jobs } from '../../src/platform/jobs/jobs.js';
import { DevelopmentMailbox } from '../../src/platform/delivery/development-mailbox.js';
import { createMailer, createSmsSender } from '../../src/platform/mail-providers.js';
import { type Fixture, insertUser, only, openFixture, reset } from './fixture.js';

let fixture: Fixture;

let signal: OutboxSignal;
beforeAll(() => Logger.overrideLogger(false));
beforeAll(async () => {
  fixture = await openFixture('notices');
  signal = new OutboxSignal(fixture.dataSource);
});
afterAll(async () => {
  signal.onApplicationShutdown();
  await fixture.close();
});

let mailbox: DevelopmentMailbox;
let handlers: Handlers;
let notices: IdentityNoticesService;
let userId: number;
beforeEach(async () => {
  await reset(fixture);
  await fixture.sql('TRUNCATE outbox, send_budget, waiting_notice');
  const { config, dataSource } = fixture;
  mailbox = new DevelopmentMailbox();
  handlers = new Handlers();
  const messages = new ContactMessagesService(
    createMailer(config.get(MailConfig), mailbox),
    createSmsSender(config.get(SmsConfig), mailbox),
    config.get(ProductConfig),
  );
  const jobs = new Jobs(handlers, new Outbox(signal));
  const repository = new IdentitiesRepository(dataSource, jobs, config.get(UsersConfig));
  const budgets = new SendBudgetRepository(dataSource, jobs);
  const budget = new SendBudgetService(
    budgets,
    fixture.transactions,
    new AuditLog(),
    config.get(Secrets),
    config.get(MessagesConfig),
  );
  notices = new IdentityNoticesService(
    repository,
    messages,
    budget,
    new WaitingNoticesRepository(dataSource),
    fixture.transactions,
    jobs,
  );
  notices.onModuleInit();
  userId = await insertUser(fixture.sql);
});

async function addContact(value: string, options: { isVerified?: boolean; isPrimary?: boolean } = {}) {
  const { isVerified = true, isPrimary = false } = options;
  const rows = await fixture.sql<{ id: number }>(
    `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary)
     VALUES ($1, $2, $3, $4, $5) RETURNING id`,
    [userId, value.includes('@') ? 'email' : 'mobile', value, isVerified, isPrimary],
  );
  return only(rows).id;
}

const queue = (notice: Notice) => fixture.transactions.run(SYSTEM, (tx) => notices.queue(tx, userId, notice));

const queued = async () =>
  (await fixture.sql<{ payload: object }>('SELECT payload FROM outbox WHERE is_job ORDER BY id')).map(
    ({ payload }) => payload,
  );

/** Does what the workers will do. */
async function work(): Promise<void> {
  const rows = await fixture.sql<{ id: string; type: string; payload: object }>(
    `UPDATE outbox SET published_at = now() WHERE is_job AND published_at IS NULL
     RETURNING event_id AS id, type, payload`,
  );
  for (const { id, type, payload } of rows) await handlers.find(type)?.run(payload, { id, attempt: 1 });
}

/** As if so many minutes had gone by, with what the schedule does then. */
async function minutesLater(minutes: number): Promise<void> {
  await fixture.sql(
    `UPDATE send_budget SET last_sent_at = last_sent_at - make_interval(mins => $1),
       hour_start = hour_start - make_interval(mins => $1), day_start = day_start - make_interval(mins => $1)`,
    [minutes],
  );
  await fixture.sql('UPDATE waiting_notice SET due_at = due_at - make_interval(mins => $1)', [minutes]);
  await notices.enqueueWaiting();
  await work();
}

const sentTo = () =>
  mailbox
    .list()
    .map(({ to }) => to)
    .toSorted();

describe('a notice', () => {
  it('about who gets in goes to every verified contact, and to no other', async () => {
    await addContact('ada@example.com', { isPrimary: true });
    await addContact('second@example.com');
    await addContact('claim@example.com', { isVerified: false });
    await addContact('+4915123456789', { isPrimary: true });
    const removed = await addContact('removed@example.com');
    await fixture.sql('UPDATE user_identity SET deleted_at = now() WHERE id = $1', [removed]);
    await fixture.sql(
      `INSERT INTO user_identity (user_id, type, value, oauth_provider, is_verified, is_primary)
       VALUES ($1, 'oauth', '4711', 'github', NULL, NULL)`,
      [userId],
    );
    await queue({ kind: 'password_changed' });
    await work();
    expect(sentTo()).toEqual(['+4915123456789', 'ada@example.com', 'second@example.com']);
  });

  it('of another kind goes to the e-mail address, else to the mobile number', async () => {
    await addContact('+4915123456789', { isPrimary: true });
    await queue({ kind: 'account_locked', link: 'http://gatehouse.test/recovery' });
    await addContact('ada@example.com', { isPrimary: true });
    await queue({ kind: 'refresh_reuse' });
    await work();
    expect(mailbox.list()).toMatchObject([
      { to: 'ada@example.com', channel: 'email', subject: 'A sign-in of yours was ended' },
      { to: '+4915123456789', channel: 'sms', subject: 'Sign-in to your account is paused' },
    ]);
  });

  it('S30: of another kind goes to a contact that was proved before one that was not', async () => {
    await addContact('typo@example.com', { isVerified: false, isPrimary: true });
    await addContact('+4915123456789', { isPrimary: true });
    await queue({ kind: 'account_locked', link: 'http://gatehouse.test/recovery' });
    await work();
    expect(sentTo()).toEqual(['+4915123456789']);
  });

  it('goes to the main contact of a user who has proved none', async () => {
    await addContact('invited@example.com', { isVerified: false, isPrimary: true });
    await queue({ kind: 'password_changed' });
    await work();
    expect(sentTo()).toEqual(['invited@example.com']);
  });

  it('that a contact was removed goes to that contact as well', async () => {
    await addContact('ada@example.com', { isPrimary: true });
    const removed = await addContact('old@example.com');
    await fixture.transactions.run(SYSTEM, async (tx) => {
      await notices.queue(tx, userId, { kind: 'identity_removed', contact: 'old@example.com' });
      await tx.query('UPDATE user_identity SET deleted_at = now() WHERE id = $1', [removed]);
    });
    await work();
    expect(sentTo()).toEqual(['ada@example.com', 'old@example.com']);
    for (const { text } of mailbox.list()) expect(text).toContain('o***@example.com was removed');
  });

  it('is in the language the user has when it is sent', async () => {
    await addContact('ada@example.com', { isPrimary: true });
    await queue({ kind: 'password_changed' });
    await fixture.sql(`UPDATE "user" SET language = 'de' WHERE id = $1`, [userId]);
    await work();
    expect(mailbox.list()).toMatchObject([
      { subject: 'Ihr Passwort wurde geändert', id: expect.stringMatching(/^[\w-]{36} password_changed$/) },
    ]);
    expect(mailbox.list()[0]?.html).toContain('<html lang="de">');
  });

  it('is not asked for when the change is rolled back', async () => {
    await addContact('ada@example.com', { isPrimary: true });
    const failing = fixture.transactions.run(SYSTEM, async (tx) => {
      await notices.queue(tx, userId, { kind: 'password_changed' });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await queued()).toEqual([]);
  });

  it('is nothing for a user who cannot be written to, or is gone', async () => {
    await queue({ kind: 'password_changed' });
    expect(await queued()).toEqual([]);
    await addContact('ada@example.com', { isPrimary: true });
    await queue({ kind: 'password_changed' });
    await fixture.sql('DELETE FROM "user" WHERE id = $1', [userId]);
    await work();
    expect(sentTo()).toEqual([]);
  });

  it('is a job of its own for each contact: one that fails repeats no other', async () => {
    const ids = [await addContact('ada@example.com', { isPrimary: true }), await addContact('b@example.com')];
    await queue({ kind: 'password_changed' });
    expect(await queued()).toEqual(
      ids.map((identityId) => ({ identityId, notice: { kind: 'password_changed' } })),
    );
  });

  it('S28, S95: is queued without an address, which is masked where it is named', async () => {
    await addContact('ada@example.com', { isPrimary: true });
    for (const contact of ['new.address@example.com', '+4915123456789'])
      await queue({ kind: 'identity_added', contact });
    const [mail, mobile] = await queued();
    expect(mail).toMatchObject({ notice: { contact: 'n***@example.com' } });
    expect(mobile).toMatchObject({ notice: { contact: '+49*****789' } });
    expect(JSON.stringify([mail, mobile])).not.toMatch(/ada@|new\.address|15123456789/);
  });
});

describe('A5, S22, S102: notices of one kind', () => {
  const waiting = async () => (await fixture.sql('SELECT id FROM waiting_notice')).length;

  beforeEach(() => addContact('ada@example.com', { isPrimary: true }));

  it('are one at once, and one for all that follow within a quarter of an hour', async () => {
    for (const name of ['x', 'y', 'z', 'y']) {
      await queue({ kind: 'identity_added', contact: `${name}@example.com` });
      await work();
    }
    expect(mailbox.list()).toMatchObject([{ text: expect.stringContaining('x***@example.com was added') }]);
    await minutesLater(14);
    expect(mailbox.list()).toHaveLength(1);
    await minutesLater(1);
    expect(mailbox.list()).toHaveLength(2);
    expect(mailbox.list()[0]?.text).toContain('y***@example.com, z***@example.com were added');
    expect(await waiting()).toBe(0);
    await minutesLater(15);
    expect(mailbox.list()).toHaveLength(2);
  });

  it('wait for no notices of another kind', async () => {
    await queue({ kind: 'password_changed' });
    await queue({ kind: 'refresh_reuse' });
    await work();
    expect(mailbox.list()).toHaveLength(2);
  });

  it('are ten an hour at most, of all kinds, and none is lost', async () => {
    const kinds = ['identity_added', 'identity_removed', 'identity_changed'] as const;
    for (let minute = 0; minute < 60; minute += 7) {
      for (const kind of kinds) await queue({ kind, contact: `c${minute}@example.com` });
      await minutesLater(7);
    }
    expect(mailbox.list().length).toBeLessThanOrEqual(10);
    expect(await waiting()).toBeGreaterThan(0);
    for (let round = 0; round < 3; round += 1) await minutesLater(61);
    expect(await waiting()).toBe(0);
    expect(mailbox.list().length).toBeLessThanOrEqual(13);
  });

  it('go on waiting while the provider fails, and are sent once', async () => {
    for (let index = 0; index < 3; index += 1) await queue({ kind: 'password_changed' });
    await work();
    const send = jest
      .spyOn(ContactMessagesService.prototype, 'send')
      .mockRejectedValueOnce(new Error('down'));
    await expect(minutesLater(15)).rejects.toThrow('down');
    expect(await waiting()).toBe(2);
    send.mockRestore();
    await minutesLater(15);
    expect([mailbox.list().length, await waiting()]).toEqual([2, 0]);
  });

  it('are given up when the address is refused for good', async () => {
    for (let index = 0; index < 2; index += 1) await queue({ kind: 'password_changed' });
    await work();
    const refusal = new HopelessJob('no such address');
    const send = jest.spyOn(ContactMessagesService.prototype, 'send').mockRejectedValueOnce(refusal);
    await expect(minutesLater(15)).rejects.toThrow(refusal);
    send.mockRestore();
    expect(await waiting()).toBe(0);
  });

  it('of a lock do not wait: it is over by then', async () => {
    for (let index = 0; index < 3; index += 1)
      await queue({ kind: 'account_locked', link: 'http://gatehouse.test/recovery' });
    await work();
    expect([mailbox.list().length, await waiting()]).toEqual([1, 0]);
  });
});

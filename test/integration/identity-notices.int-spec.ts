import { Logger } from '@nestjs/common';
import { IdentitiesRepository } from '../../src/identities/identities.repository.js';
import { ContactMessages } from '../../src/identities/messages/contact-messages.js';
import { IdentityNotices, SEND_NOTICE } from '../../src/identities/messages/identity-notices.js';
import type { Notice } from '../../src/identities/messages/message.js';
import { SendBudget } from '../../src/identities/send-budget.js';
import { SendBudgetRepository } from '../../src/identities/send-budget.repository.js';
import { AuditLog } from '../../src/platform/audit/audit-log.js';
import { SYSTEM } from '../../src/platform/database/transactions.js';
import { OutboxSignal } from '../../src/platform/events/outbox-signal.js';
import { Handlers } from '../../src/platform/jobs/handlers.js';
import { Jobs } from '../../src/platform/jobs/jobs.js';
import { DevelopmentMailbox } from '../../src/platform/mail/development-mailbox.js';
import { createMailer, createSmsSender } from '../../src/platform/mail/providers.js';
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
let notices: IdentityNotices;
let userId: number;
beforeEach(async () => {
  await reset(fixture);
  await fixture.sql('TRUNCATE outbox');
  const { config, dataSource } = fixture;
  mailbox = new DevelopmentMailbox();
  handlers = new Handlers();
  const messages = new ContactMessages(
    createMailer(config, mailbox),
    createSmsSender(config, mailbox),
    config,
  );
  const repository = new IdentitiesRepository(dataSource);
  const jobs = new Jobs(handlers, signal);
  const budgets = new SendBudgetRepository(dataSource);
  const budget = new SendBudget(budgets, fixture.transactions, new AuditLog(), jobs, config);
  notices = new IdentityNotices(repository, messages, budget, jobs);
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
  const handler = handlers.find(SEND_NOTICE.name);
  for (const payload of await queued()) await handler?.run(payload, { id: 'job-1', attempt: 1 });
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
    await queue({ kind: 'account_locked' });
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
    await queue({ kind: 'account_locked' });
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
      { subject: 'Ihr Passwort wurde geändert', id: 'job-1 password_changed' },
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

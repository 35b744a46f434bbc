import { welcomeConsumer } from '../../src/apps/examples/welcome-consumer.js';
import { BROKER_TOPOLOGY } from '../../src/platform/broker/broker-topology.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD } from '../support/factory.js';
import { describeWithRabbit, RABBITMQ_URL, TestBroker } from '../support/rabbit.js';
import { createUser } from './new-user.js';

describe('while RabbitMQ is away', () => {
  it('R11: changes are made, jobs and mail go on, and the events wait in the outbox', async () => {
    const t = await startApp({ env: { RABBITMQ_URL: 'amqp://nobody:secret@127.0.0.1:1' } });
    try {
      const { token } = await t.factory.superAdmin();
      expect((await createUser(t, token)).status).toBe(201);
      const user = await t.factory.user();
      const body = { currentPassword: PASSWORD, newPassword: 'another horse battery staple' };
      expect((await t.api.post('/auth/password/change', { token: user.token, body })).status).toBe(204);
      expect((await t.messageTo(user.email)).subject).toContain('password');
      const [row] = await t.sql<{ n: number }>(
        `SELECT count(*)::int AS n FROM outbox WHERE type = 'user.created' AND broadcast_at IS NULL`,
      );
      expect(row?.n).toBe(1);
    } finally {
      await t.close();
    }
  });
});

describeWithRabbit('with RabbitMQ', () => {
  let t: TestApp;
  let broker: TestBroker;
  /** Gets every event of the exchange, those of other tests as well. */
  let queue: string;
  const waits = [50, 100];

  beforeAll(async () => {
    broker = await TestBroker.open();
    queue = await broker.listen(BROKER_TOPOLOGY.exchange);
    t = await startApp({ env: { RABBITMQ_URL } });
  });
  afterAll(async () => {
    await t.close();
    await broker.close();
  });

  const isDrained = async () => {
    const [row] = await t.sql<{ n: number }>(
      'SELECT count(*)::int AS n FROM outbox WHERE broadcast_at IS NULL AND NOT is_job',
    );
    return row?.n === 0;
  };

  it('R13: a user who is made is welcomed by mail exactly once, however often the event is delivered', async () => {
    const name = broker.name('welcome', '.dead', ...waits.map((wait) => `.retry.${wait}`));
    // Two processes; the exchange is that of all tests, so others' users are unknown here and left alone.
    const consumers = [1, 2].map(() => welcomeConsumer(t.app, { url: RABBITMQ_URL, queue: name, waits }));
    for (const consumer of consumers) consumer.start();
    try {
      await eventually(async () => (await broker.consumersOf(name)) === 2, 10_000);
      const { token } = await t.factory.superAdmin();
      const email = t.factory.email();
      expect((await createUser(t, token, { email, firstName: 'Ada' })).status).toBe(201);
      const isWelcome = ({ subject }: { subject: string }) => /welcome/i.test(subject);
      const welcomes = () => t.mailbox.list().filter((mail) => mail.to === email && isWelcome(mail));
      await eventually(() => welcomes().length === 1, 10_000);
      const [row] = await t.sql<{ id: string }>(
        `SELECT event_id AS id FROM outbox WHERE type = 'user.created' ORDER BY id DESC LIMIT 1`,
      );
      const message = (await broker.take(queue)).find(({ properties }) => properties.messageId === row?.id);
      if (!message) throw new Error('The event did not arrive');
      for (let time = 1; time <= 10; time += 1) {
        broker.channel.sendToQueue(name, message.content, { messageId: row?.id });
      }
      await eventually(async () => (await broker.count(name)) === 0);
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      expect(
        await t.sql(`SELECT 1 FROM outbox WHERE type = 'identities.send_welcome' AND is_job`),
      ).toHaveLength(1);
      expect(welcomes()).toHaveLength(1);
      expect(await broker.count(`${name}.dead`)).toBe(0);
    } finally {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    }
  });

  it('S95: nothing that goes to RabbitMQ holds a password, a hash, a token or an address', async () => {
    const { token } = await t.factory.superAdmin();
    const email = 'canary.7f3a@example.com';
    const { body: created } = await createUser(t, token, { email, firstName: 'Canary7f3a' });
    const user = await t.factory.user();
    const newPassword = 'Canary 7f3a horse battery staple';
    const change = { currentPassword: PASSWORD, newPassword };
    expect((await t.api.post('/auth/password/change', { token: user.token, body: change })).status).toBe(204);
    expect((await t.api.post(`/users/${created.id}/password-reset`, { token })).status).toBeLessThan(300);
    await eventually(isDrained, 10_000);
    const ours = new Set(
      (await t.sql<{ id: string }>('SELECT event_id AS id FROM outbox WHERE NOT is_job')).map(({ id }) => id),
    );
    const messages = (await broker.take(queue)).filter(({ properties }) =>
      ours.has(String(properties.messageId)),
    );
    expect(messages.length).toBeGreaterThanOrEqual(2);
    const everything = messages
      .map(
        ({ content, properties, fields }) => `${content.toString()} ${JSON.stringify([properties, fields])}`,
      )
      .join('\n');
    expect(everything).not.toMatch(/canary|horse|@example|\$2[aby]\$|argon2|eyJ/i);
    for (const secret of [token, user.token, user.email]) expect(everything).not.toContain(secret);
  });
});

// R11: RabbitMQ is away for a minute. Writes go on, the outbox grows, and it drains once RabbitMQ is back.
import { connect } from 'amqplib';
import { BROKER_TOPOLOGY } from '../../dist/src/platform/broker/broker-topology.js';
import { eventually, ms, number, openLoop, percentile, seconds } from '../support/drill-tools.mjs';
import { FaultProxy } from '../support/fault-proxy.mjs';
import { administeredService } from '../support/json-client.mjs';

export const id = 'R11';
export const perStore = false;
export const limit = 180_000;

const RATE = 10;
const DRAINED_WITHIN = 30_000;

/** Ids of all events that arrive, as often as they do. */
async function listen(rig, url) {
  const connection = await connect(url);
  rig.defer(() => connection.close());
  const channel = await connection.createChannel();
  await channel.assertExchange(BROKER_TOPOLOGY.exchange, 'topic', { durable: true });
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, BROKER_TOPOLOGY.exchange, 'user.created');
  const arrived = [];
  await channel.consume(queue, ({ properties }) => arrived.push(properties.messageId), { noAck: true });
  return arrived;
}

export async function run(rig, { isQuick }) {
  const broker = process.env.GATEHOUSE_TEST_RABBITMQ;
  if (!broker) return { isSkipped: true, figure: 'RabbitMQ does not answer at RABBITMQ_URL' };
  const arrived = await listen(rig, broker);
  const { proxy, url } = await FaultProxy.before(broker, 5672);
  rig.defer(() => proxy.close());
  const database = await rig.database();
  const { createUser } = await administeredService(rig, database, { RABBITMQ_URL: url });
  let users = 0;
  const load = async (duration) => {
    const first = users;
    users += RATE * duration;
    const latencies = await openLoop(RATE, RATE * duration, (i) =>
      createUser(`user-${first + i}@example.com`),
    );
    return percentile(latencies, 0.99);
  };
  const waiting = async () =>
    (await database.sql('SELECT count(*)::int AS n FROM outbox WHERE broadcast_at IS NULL AND NOT is_job'))[0]
      .n;

  await load(5);
  const well = await load(isQuick ? 5 : 15);
  await eventually('everything told', async () => (await waiting()) === 0, 20_000);
  const outage = isQuick ? 15 : 60;
  proxy.set('refuse');
  const away = await load(outage);
  const grown = await waiting();
  proxy.set('pass');
  const backAt = performance.now();
  await eventually('the outbox drained', async () => (await waiting()) === 0, DRAINED_WITHIN * 2, 50);
  const drainedAfter = performance.now() - backAt;
  const ledger = (await database.sql(`SELECT event_id AS id FROM outbox WHERE type = 'user.created'`)).map(
    (row) => row.id,
  );
  const missing = () => new Set(ledger).difference(new Set(arrived)).size;
  await eventually('all arrived', () => missing() === 0, 5_000).catch(() => undefined);
  const ours = arrived.filter((one) => ledger.includes(one));
  return {
    isPassed:
      grown >= RATE * outage && missing() === 0 && drainedAfter <= DRAINED_WITHIN && ledger.length >= users,
    figure:
      `RabbitMQ away for ${outage} s: ${number(users)} of ${number(users)} writes succeeded (p99 ${ms(away)}, before ` +
      `${ms(well)}), ${number(grown)} events waited and were told ${seconds(drainedAfter)} after it was back; ` +
      `${missing()} lost, ${ours.length - new Set(ours).size} told twice`,
  };
}

// R26: more receivers hang than there are workers to call them; how long the others wait then.
import { setTimeout as delay } from 'node:timers/promises';
import { startReceiver } from '../support/drill-receiver.mjs';
import { eventually, number, percentile, seconds } from '../support/drill-tools.mjs';
import { administeredService } from '../support/json-client.mjs';

export const id = 'R26';
export const perStore = true;
export const limit = 240_000;

const HANGING = 60;
const OTHERS = 5;
/** While it is found out who hangs, others wait; afterwards they do not. */
const FOUND_OUT = 60_000;
const EVENTS = 25;
const EVERY = 400;
const WITHIN = 2_000;

export async function run(rig) {
  const database = await rig.database();
  const env = { WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' };
  const { create, createUser } = await administeredService(rig, database, env);
  const subscribe = async (isHanging) => {
    const receiver = await startReceiver(rig, isHanging);
    await create('/webhooks', { url: receiver.url, eventTypes: ['user.created'] });
    return receiver;
  };
  for (let n = 0; n < HANGING; n += 1) await subscribe(true);
  const others = [];
  for (let n = 0; n < OTHERS; n += 1) others.push(await subscribe(false));

  /** Milliseconds each delivery to the others took, from the change on. */
  const publish = async (name) => {
    for (let n = 0; n < EVENTS; n += 1) {
      await createUser(`${name}-${n}@example.com`);
      await delay(EVERY);
    }
    const events = await database.sql(
      `SELECT event_id AS id, occurred_at AS at FROM outbox WHERE type = 'user.created' ORDER BY outbox.id DESC LIMIT $1`,
      [EVENTS],
    );
    const told = () => others.every(({ at }) => events.every((event) => at.has(event.id)));
    await eventually('the other receivers told', told, 120_000);
    return others.flatMap(({ at }) => events.map((event) => at.get(event.id) - event.at.getTime()));
  };
  const startedAt = performance.now();
  const first = await publish('first');
  await delay(Math.max(0, FOUND_OUT - (performance.now() - startedAt)));
  const later = await publish('later');
  const [{ jobs }] = await database.sql(
    `SELECT count(*)::int AS jobs FROM outbox WHERE type = 'webhooks.deliver'`,
  );
  return {
    isPassed: percentile(later, 1) <= WITHIN,
    figure:
      `${HANGING} receivers hung, ${OTHERS} did not: these waited ${seconds(percentile(first, 1))} at most for an event ` +
      `at first, and ${seconds(percentile(later, 1))} after a minute; ${number(jobs)} jobs for ` +
      `${number(2 * EVENTS * (HANGING + OTHERS))} deliveries`,
  };
}

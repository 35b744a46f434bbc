// R26: one receiver among twenty hangs; then the service is killed while that one's next attempts are scheduled.
import { setTimeout as delay } from 'node:timers/promises';
import { startReceiver } from '../support/drill-receiver.mjs';
import { eventually, number, seconds } from '../support/drill-tools.mjs';
import { administeredService } from '../support/json-client.mjs';

export const id = 'R26';
export const perStore = true;
export const limit = 240_000;

const RECEIVERS = 20;
const EVENTS = 10;
const OTHERS_WITHIN = 15_000;
/** After an attempt was due: until the receiver has rested, until somebody looks for it, and for the machine. */
const LATE = 18_000 + 5_000 + 5_000;

export async function run(rig) {
  const database = await rig.database();
  const env = { WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' };
  const { service, create, createUser } = await administeredService(rig, database, env);
  const hanging = await startReceiver(rig, true);
  const others = await Promise.all(Array.from({ length: RECEIVERS - 1 }, () => startReceiver(rig, false)));
  const { id: hangingId } = await create('/webhooks', { url: hanging.url, eventTypes: ['user.created'] });
  for (const { url } of others) await create('/webhooks', { url, eventTypes: ['user.created'] });

  const startedAt = performance.now();
  for (let n = 0; n < EVENTS; n += 1) await createUser(`webhook-${n}@example.com`);
  const told = () => others.every(({ at }) => at.size === EVENTS);
  await eventually('the other receivers told', told, 60_000, 20);
  const othersTook = performance.now() - startedAt;

  const pending = () =>
    database.sql(
      `SELECT event_id AS event, next_attempt_at AS due FROM webhook_delivery
       WHERE webhook_id = $1 AND attempts = 1 AND claim IS NULL AND state = 'pending' AND next_attempt_at > now()`,
      [hangingId],
    );
  // An attempt that hangs ends after ten seconds; the next one comes half a minute later.
  const scheduled = await eventually(
    'two attempts failed',
    async () => {
      const rows = await pending();
      return rows.length >= 2 && rows;
    },
    30_000,
  );
  await service.kill('SIGKILL');
  await delay(2_000);
  hanging.isHanging = false;
  await rig.service({ DATABASE_URL: database.url, ...env });
  await eventually('the one that hung told', () => hanging.at.size === EVENTS, 90_000);
  const lateness = scheduled.map(({ event, due }) => (hanging.at.get(event) ?? Number.NaN) - due.getTime());
  return {
    isPassed: othersTook <= OTHERS_WITHIN && lateness.every((late) => late > -500 && late <= LATE),
    figure:
      `1 of ${RECEIVERS} receivers hung: the others had all ${number(EVENTS * (RECEIVERS - 1))} deliveries after ` +
      `${seconds(othersTook)}; after kill -9 and a restart ${scheduled.length} scheduled attempts were made ` +
      `${lateness.map(seconds).join(' and ')} after they were due, and all ${EVENTS} arrived`,
  };
}

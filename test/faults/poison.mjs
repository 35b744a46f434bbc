// R14: one event that can never be dealt with, among a thousand.
import { eventually, number, seconds } from '../support/drill-tools.mjs';

export const id = 'R14';
export const perStore = true;
export const limit = 120_000;

const TRIES = 5;
const EVENTS = 1_000;

export async function run(rig) {
  const { url, sql } = await rig.database();
  const env = { ...rig.store, JOB_ATTEMPTS: String(TRIES) };
  const writer = await rig.writer(url);
  // It is among the first, so that all others would be behind it.
  await writer.run(async (tx) => {
    for (let n = 1; n <= EVENTS; n += 1) await writer.write(tx, n % 50, { key: String(n), isBad: n === 13 });
  });
  const worker = rig.worker();
  await worker.run({ url, env });
  const startedAt = performance.now();
  const done = async () => (await sql('SELECT count(*)::int AS n FROM drill_effect'))[0].n;
  const queues = rig.queues(url, env);
  await eventually('the others done', async () => (await done()) === EVENTS - 1, 60_000, 20);
  const othersTook = performance.now() - startedAt;
  const diedMeanwhile = (await queues.deadLetters()).length;
  const [letter] = await eventually(
    'a dead letter',
    async () => {
      const letters = await queues.deadLetters();
      return letters.length > 0 && letters;
    },
    60_000,
  );
  const deadAfter = performance.now() - startedAt;
  const [{ n: tries }] = await sql(`SELECT count(*)::int AS n FROM drill_seen WHERE key = '13'`);
  return {
    isPassed: tries === TRIES && letter.reason === 'this event is bad' && diedMeanwhile === 0,
    figure:
      `1 bad of ${number(EVENTS)}: the other ${EVENTS - 1} done within ${seconds(othersTook)}, ` +
      `dead letter ("${letter.reason}") after ${tries} tries and ${seconds(deadAfter)}`,
  };
}

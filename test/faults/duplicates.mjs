// R13: the same event ten times at once, over two workers, and again an hour later, when the queue has forgotten it.
import { CONSUMER } from '../support/drill-events.mjs';
import { eventually } from '../support/drill-tools.mjs';

export const id = 'R13';
export const perStore = true;
export const limit = 90_000;

export async function run(rig) {
  const { url, sql } = await rig.database();
  const [first, second] = [rig.worker(), rig.worker()];
  await Promise.all([first, second].map((worker) => worker.run({ url, env: rig.store })));
  const queue = rig.queues(url).open('events');
  const eventId = crypto.randomUUID();
  let copies = 0;
  // A job's id begins with the event's; by the rest these differ, so that the queue does not see that they are one.
  const deliver = () => ({
    name: CONSUMER,
    data: { id: eventId, data: { key: 'the one' } },
    opts: { jobId: `${eventId}.${CONSUMER}.${(copies += 1)}` },
  });
  const seen = async () => (await sql('SELECT count(*)::int AS n FROM drill_seen'))[0].n;
  const isIdle = async () => {
    const { waiting, active } = await queue.getJobCounts('waiting', 'active');
    return waiting + active === 0;
  };

  await queue.addBulk(Array.from({ length: 10 }, deliver));
  await eventually('ten seen', async () => (await seen()) === 10 && isIdle(), 20_000);
  await sql(`UPDATE inbox SET handled_at = now() - interval '1 hour'`);
  await queue.addBulk(Array.from({ length: 10 }, deliver));
  await eventually('twenty seen', async () => (await seen()) === 20 && isIdle(), 20_000);
  const [{ n: effects }] = await sql('SELECT count(*)::int AS n FROM drill_effect');
  const [{ n: workers }] = await sql('SELECT count(DISTINCT pid)::int AS n FROM drill_seen');
  return {
    isPassed: effects === 1,
    figure: `1 event delivered 10 × at once and 10 × an hour later to ${workers} workers, effects ${effects}`,
  };
}

// R12: `kill -9` of relay and worker at each point of a delivery, again and again, while events are being written.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually, number } from '../support/drill-tools.mjs';

export const id = 'R12';
export const perStore = true;
export const limit = 15 * 60_000;

const POINTS = ['claimed', 'published', 'marked', 'claimed', 'published', 'committed'];
const WRITERS = 4;
const AGGREGATES = 5;

/**
 * Writes one to five events of its own aggregates per transaction. One in ten is rolled back, one in ten is held open,
 * so that others with higher numbers commit before it. What has committed is in `ledger`.
 */
async function keepWriting(writer, number_, ledger, isOver) {
  const next = new Map();
  for (let turn = 0; !isOver(); turn += 1) {
    const written = [];
    const isRolledBack = turn % 10 === 3;
    const work = async (tx) => {
      for (let i = 0; i <= turn % 5; i += 1) {
        const aggregate = number_ * AGGREGATES + ((turn + i) % AGGREGATES);
        const n =
          (next.get(aggregate) ?? 0) + written.filter((event) => event.aggregate === aggregate).length;
        const key = `${aggregate}:${n}:${isRolledBack ? `never-${turn}` : 'committed'}`;
        await writer.write(tx, aggregate, { key });
        written.push({ aggregate, key });
      }
      if (turn % 10 === 7) await delay(400);
      if (isRolledBack) throw new Error('rolled back on purpose');
    };
    try {
      await writer.run(work);
      for (const { aggregate, key } of written) {
        next.set(aggregate, (next.get(aggregate) ?? 0) + 1);
        ledger.add(key);
      }
    } catch (error) {
      if (!isRolledBack) throw error;
    }
    await delay(150);
  }
}

/** Of each aggregate the events must have reached the queues for the first time in the order they were written in. */
function outOfOrder(deliveries) {
  const last = new Map();
  const seen = new Set();
  let count = 0;
  for (const key of deliveries) {
    if (seen.has(key)) continue;
    seen.add(key);
    const [aggregate, n] = key.split(':');
    if (Number(n) !== (last.get(aggregate) ?? -1) + 1) count += 1;
    last.set(aggregate, Number(n));
  }
  return { count, twice: deliveries.length - seen.size };
}

async function killAgainAndAgain(rig, url, deliveries, rounds) {
  let worker = rig.worker();
  for (let round = 0; round < rounds; round += 1) {
    const die = { point: POINTS[round % POINTS.length], turn: 1 + (round % 3) };
    const following = rig.worker();
    await worker.run({ url, env: rig.store, deliveries, die });
    const end = await Promise.race([worker.exited, delay(60_000, 'nothing', { ref: false })]);
    if (end !== 'SIGKILL') throw new Error(`round ${round + 1}, ${die.point}: it ended with ${end}`);
    worker = following;
  }
  await worker.run({ url, env: rig.store, deliveries });
}

export async function run(rig, { isQuick }) {
  const rounds = isQuick ? 12 : 100;
  const { url, sql } = await rig.database();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-drill-'));
  rig.defer(() => rmSync(folder, { recursive: true, force: true }));
  const deliveries = join(folder, 'deliveries');
  const writer = await rig.writer(url);
  const ledger = new Set();
  let isOver = false;
  const writers = Array.from({ length: WRITERS }, (_, n) => keepWriting(writer, n, ledger, () => isOver));
  const writing = Promise.all(writers);
  await Promise.race([killAgainAndAgain(rig, url, deliveries, rounds), writing]);
  isOver = true;
  await writing;

  // Jobs of the workers that were killed are taken over once their locks have run out.
  const effects = () => sql('SELECT count(DISTINCT key)::int AS n FROM drill_effect');
  await eventually('every event done', async () => (await effects())[0].n >= ledger.size, 180_000, 500).catch(
    () => undefined,
  );
  const seen = new Set((await sql('SELECT DISTINCT key FROM drill_seen')).map(({ key }) => key));
  const lost = ledger.difference(seen).size;
  const invented = seen.difference(ledger).size;
  const [{ n: done }] = await sql('SELECT count(*)::int AS n FROM drill_effect');
  const [{ n: distinct }] = await effects();
  const [{ n: open }] = await sql('SELECT count(*)::int AS n FROM outbox WHERE published_at IS NULL');
  const { count: disordered, twice } = outOfOrder(readFileSync(deliveries, 'utf8').trim().split('\n'));
  const dead = (await rig.queues(url).deadLetters()).length;
  return {
    isPassed:
      ledger.size > 0 &&
      [lost, invented, disordered, open, dead].every((count) => count === 0) &&
      done === ledger.size &&
      distinct === ledger.size,
    figure:
      `${rounds} kills, ${number(ledger.size)} events, ${lost} lost, ${invented} invented, ` +
      `${number(twice)} delivered twice, ${disordered} out of order, ${dead} dead, effects ${number(done)}`,
  };
}

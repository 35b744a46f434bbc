// `npm run test:faults`: drills of what must hold when processes die and others hang (docs/reliability.md). One line each:
// id, figure, PASS or FAIL. `--only R12,R15` runs these, `--quick` fewer rounds. With DATABASE_URL that server is used,
// else the embedded one; where REDIS_URL answers, what is about jobs runs once more with jobs in Redis.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, requireNode24 } from './ensure-built.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
requireNode24();
const { values } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
ensureBuilt();

const { openTestServer } = await import('../test/support/server.mjs');
const { Rig, stores } = await import('../test/support/rig.mjs');

async function findDrills() {
  const drills = await Promise.all(
    readdirSync('test/faults').map((name) => import(join('..', 'test', 'faults', name))),
  );
  const wanted = values.only?.split(',');
  const chosen = drills.filter(({ id }) => !wanted || wanted.includes(id));
  const unknown = wanted?.filter((id) => !drills.some((drill) => drill.id === id)) ?? [];
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no drill ${unknown.join(', ')}; there are ${drills.map(({ id }) => id).join(', ')}\n`,
    );
    process.exit(2);
  }
  return chosen.toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
}

const drills = await findDrills();
const server = await openTestServer();
process.once('exit', () => server.closeSync());
const open = new Set();
let isInterrupted = false;

async function takeAway(rig) {
  if (!open.delete(rig)) return;
  await rig.close();
}

/** Never leaves anything behind, nor without a result. */
async function perform(drill, store) {
  const rig = new Rig(server, store.env);
  open.add(rig);
  const timer = new AbortController();
  try {
    const late = delay(drill.limit, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`it was not over after ${drill.limit / 1_000} s`);
    });
    return await Promise.race([drill.run(rig, { isQuick: values.quick }), late]);
  } catch (error) {
    return { isPassed: false, figure: error.message, stack: error.stack };
  } finally {
    timer.abort();
    await takeAway(rig);
  }
}

async function interrupt() {
  if (isInterrupted) process.exit(130);
  isInterrupted = true;
  await Promise.all([...open].map(takeAway));
  await server.close();
  process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void interrupt());

let failed = 0;
for (const drill of drills) {
  for (const store of drill.perStore ? stores() : [{ name: '', env: {} }]) {
    const { isPassed, isSkipped, figure, stack } = await perform(drill, store);
    // What failed because it was taken away says nothing.
    if (isInterrupted) await new Promise(() => {});
    const label = store.name ? `${drill.id}  jobs in ${store.name}:` : `${drill.id} `;
    process.stdout.write(`${label} ${figure}  ${isSkipped ? 'SKIP' : isPassed ? 'PASS' : 'FAIL'}\n`);
    if (stack) process.stderr.write(`${stack}\n`);
    if (!isPassed && !isSkipped) failed += 1;
  }
}
await server.close();
process.exit(failed > 0 ? 1 : 0);

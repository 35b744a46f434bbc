// P10: from the start of the process until it is ready, and what it holds in memory when it has nothing to do.
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { startGatehouse } from './programs.mjs';
import { alternate, middle, round } from './rounds.mjs';

const READY_WITHIN = 1_500;
const MOST_MEMORY = 150;
/** Seconds after it was ready. */
const IDLE = 5;

/** Megabytes that stand in memory. */
function residentOf(pid) {
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(stdout) / 1_024;
}

async function measure(rig, env) {
  const { pid, readyAfter, stop } = await startGatehouse(rig, env);
  await delay(IDLE * 1_000);
  const resident = residentOf(pid);
  await stop();
  return { readyAfter, resident };
}

export function run({ withRig, pace: { rounds }, say }) {
  return withRig({}, async (rig) => {
    const { url: DATABASE_URL } = await rig.database();
    // The first start of all makes keys: later ones are what is measured.
    await (await startGatehouse(rig, { DATABASE_URL })).stop();
    const name = 'Gatehouse';
    const { samples, company } = await alternate({
      id: 'P10',
      rounds,
      programs: [{ name }],
      say,
      measure: () => measure(rig, { DATABASE_URL }),
      describe: ({ readyAfter, resident }) => `ready after ${round(readyAfter)} ms, ${round(resident)} MB`,
    });
    const readyAfter = round(middle(samples[name], (sample) => sample.readyAfter));
    const resident = round(middle(samples[name], (sample) => sample.resident));
    return [
      {
        id: 'P10',
        title: `start with a migrated database, memory after ${IDLE} s without work`,
        target: `ready after ≤ ${READY_WITHIN / 1_000} s; ≤ ${MOST_MEMORY} MB resident`,
        rounds,
        company,
        columns: ['ready after ms', 'resident MB'],
        rows: [
          {
            name,
            values: [readyAfter, resident],
            isMet: readyAfter <= READY_WITHIN && resident <= MOST_MEMORY,
            perRound: samples[name],
          },
        ],
      },
    ];
  });
}

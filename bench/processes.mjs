// P12: two processes against one, over one database.
import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
import { accessTokens, asking, seedSessions, seedUsers } from './data.mjs';
import { startGatehouse } from './programs.mjs';
import { measureRates, rateResult } from './rates.mjs';

const USERS = 10_000;
const SESSIONS = 1_000;
const LEAST = 1.6;
/** Two for the processes, one for the load, one for Postgres and Redis. */
const CORES = 4;
const HAS_CONCURRENCY = readFileSync('.env.example', 'utf8').includes('WEB_CONCURRENCY');

/** Both by themselves where the service can, else two at two ports, which the connections take in turn. */
async function startTwo(rig, env) {
  if (HAS_CONCURRENCY) return startGatehouse(rig, { ...env, WEB_CONCURRENCY: '2' });
  const both = [await startGatehouse(rig, env), await startGatehouse(rig, env)];
  return { urls: both.map(({ url }) => url) };
}

export function run({ withRig, redis, pace, say }) {
  return withRig(redis ? { REDIS_URL: redis } : {}, async (rig) => {
    const { url: database, sql } = await rig.database();
    const sessions = await seedSessions(sql, await seedUsers(sql, USERS), SESSIONS);
    const env = { DATABASE_URL: database, ...(redis && { REDIS_URL: redis }) };
    const one = await startGatehouse(rig, env);
    const script = asking('/api/v1/users/me', await accessTokens(one.url, sessions));
    const programs = [
      { name: 'one process', ...one, script },
      { name: 'two processes', ...(await startTwo(rig, env)), script },
    ];
    const measured = await measureRates(rig, { id: 'P12', programs, pace, say });
    const hasCores = availableParallelism() >= CORES;
    return [
      rateResult(measured, {
        id: 'P12',
        title: `who am I in two processes${HAS_CONCURRENCY ? ' (WEB_CONCURRENCY=2)' : ', at two ports'}`,
        target: `≥ ${LEAST} × one process`,
        ...(!hasCores && { note: `It only counts on a machine with cores to spare: ${CORES} or more.` }),
        floor: 'one process',
        programs: programs.map(({ name }) => name),
        meets: (share) => (hasCores ? share >= LEAST : null),
      }),
    ];
  });
}

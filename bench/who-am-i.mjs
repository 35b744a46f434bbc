// P1 and P2: who am I, through every guard; with Redis and without.
import { number } from '../test/support/drill-tools.mjs';
import { accessTokens, asking, publicKeyOf, seedSessions, seedUsers } from './data.mjs';
import { startFloor, startGatehouse } from './programs.mjs';
import { measureRates, rateResult } from './rates.mjs';

const USERS = 10_000;
const SESSIONS = 1_000;
const CASES = [
  { id: 'P1', title: 'who am I, with Redis', program: 'Gatehouse with Redis', least: 3 },
  { id: 'P2', title: 'who am I, without Redis', program: 'Gatehouse', least: 1.2 },
];

/** The programs over one database. */
async function start(rig, redis) {
  const { url: database, sql } = await rig.database();
  const first = await seedUsers(sql, USERS);
  const refreshTokens = await seedSessions(sql, first, SESSIONS);
  const env = { DATABASE_URL: database };
  const plain = await startGatehouse(rig, env);
  const shared = redis && (await startGatehouse(rig, { ...env, REDIS_URL: redis }));
  const floor = await startFloor(rig, 'who-am-i', { ...env, PUBLIC_KEY: await publicKeyOf(plain.url) });
  const tokens = await accessTokens(plain.url, refreshTokens);
  const script = asking('/api/v1/users/me', tokens);
  return [
    { name: 'floor', ...floor, script: asking('/me', tokens) },
    { name: 'Gatehouse', ...plain, script },
    ...(shared ? [{ name: 'Gatehouse with Redis', ...shared, script }] : []),
  ];
}

export function run({ withRig, redis, pace, say }) {
  return withRig(redis ? { REDIS_URL: redis } : {}, async (rig) => {
    const programs = await start(rig, redis);
    const measured = await measureRates(rig, { id: 'P1, P2', programs, pace, say });
    return CASES.filter(({ program }) => program in measured.samples).map(({ id, title, program, least }) =>
      rateResult(measured, {
        id,
        title: `${title}: GET users/me, ${number(SESSIONS)} of ${number(USERS)} users, 32 connections`,
        target: `≥ ${least} × the floor, which verifies the token and reads user and role`,
        floor: 'floor',
        programs: ['floor', program],
        meets: (share) => share >= least,
      }),
    );
  });
}

// P14: a service asks whether a token is good at this moment.
import { number } from '../test/support/drill-tools.mjs';
import { accessTokens, publicKeyOf, seedSessions, seedUsers } from './data.mjs';
import { startFloor, startGatehouse } from './programs.mjs';
import { measureRates, rateResult } from './rates.mjs';
import { middle } from './rounds.mjs';

const USERS = 10_000;
const SESSIONS = 1_000;
const RATE = 4_600;
const P99 = 20;

async function start(rig, redis) {
  const { url: database, sql } = await rig.database();
  const sessions = await seedSessions(sql, await seedUsers(sql, USERS), SESSIONS);
  const callers = await seedSessions(sql, await seedUsers(sql, 1, 'SuperAdmin'), 1);
  const env = { DATABASE_URL: database };
  const plain = await startGatehouse(rig, env);
  const shared = redis && (await startGatehouse(rig, { ...env, REDIS_URL: redis }));
  const tokens = await accessTokens(plain.url, sessions);
  const [caller] = await accessTokens(plain.url, callers);
  const floor = await startFloor(rig, 'introspection', { ...env, PUBLIC_KEY: await publicKeyOf(plain.url) });
  const script = (path) => ({
    name: 'list',
    requests: tokens.map((token) => ({
      method: 'POST',
      path,
      headers: { authorization: `Bearer ${caller}` },
      body: JSON.stringify({ token }),
    })),
  });
  const validate = script('/api/v1/auth/validate');
  return [
    { name: 'floor', ...floor, script: script('/introspect') },
    { name: 'Gatehouse', ...plain, script: validate },
    ...(shared ? [{ name: 'Gatehouse with Redis', ...shared, script: validate }] : []),
  ];
}

export function run({ withRig, redis, pace, say }) {
  return withRig(redis ? { REDIS_URL: redis } : {}, async (rig) => {
    const programs = await start(rig, redis);
    const measured = await measureRates(rig, { id: 'P14', programs, pace, say });
    return [
      rateResult(measured, {
        id: 'P14',
        title: `introspection: POST auth/validate, ${number(SESSIONS)} tokens, 32 connections`,
        target: `≥ ${number(RATE)}/s on 2 cores, p99 ≤ ${P99} ms`,
        floor: 'floor',
        programs: programs.map(({ name }) => name),
        meets: (_, samples) =>
          middle(samples, ({ rate }) => rate) >= RATE && middle(samples, ({ p99 }) => p99) <= P99,
      }),
    ];
  });
}

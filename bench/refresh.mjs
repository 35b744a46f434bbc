// P5 and P18: a refresh token is exchanged for the next one.
import { generateKeyPairSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { number } from '../test/support/drill-tools.mjs';
import { seedSessions, seedUsers } from './data.mjs';
import { startFloor, startGatehouse } from './programs.mjs';
import { measureRates, rateResult } from './rates.mjs';
import { middle } from './rounds.mjs';

const USERS = 10_000;
const SESSIONS = 1_024;
const OF_FLOOR = 0.6;
const PER_CORE = 600;

/** The programs over one database, each with sessions of its own. */
async function start(rig) {
  const { url: database, sql } = await rig.database();
  const first = await seedUsers(sql, USERS);
  const env = { DATABASE_URL: database };
  const chain = async (path, from) => ({
    name: 'refresh',
    path,
    tokens: await seedSessions(sql, from, SESSIONS),
  });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  return [
    {
      name: 'floor',
      ...(await startFloor(rig, 'refresh', { ...env, PRIVATE_KEY: pem })),
      script: await chain('/refresh', first),
    },
    {
      name: 'Gatehouse',
      ...(await startGatehouse(rig, env)),
      script: await chain('/api/v1/auth/refresh', first + SESSIONS),
    },
  ];
}

export function run({ withRig, pace, say }) {
  return withRig({}, async (rig) => {
    const programs = await start(rig);
    const measured = await measureRates(rig, { id: 'P5, P18', programs, pace, say });
    const about = {
      title: `POST auth/refresh, ${number(SESSIONS)} sessions, 32 connections`,
      floor: 'floor',
      programs: programs.map(({ name }) => name),
    };
    return [
      rateResult(measured, {
        ...about,
        id: 'P5',
        target: `≥ ${OF_FLOOR} × the floor: one statement and one RS256 signature`,
        meets: (share) => share >= OF_FLOOR,
      }),
      rateResult(measured, {
        ...about,
        id: 'P18',
        target: `≥ ${PER_CORE}/s for each core of the machine, Postgres and the client included`,
        meets: (_, samples) => middle(samples, ({ rate }) => rate) / availableParallelism() >= PER_CORE,
      }),
    ];
  });
}

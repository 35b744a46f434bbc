// P4: sign-ins as many as the cores can hash, and what is left for everybody else meanwhile.
import { availableParallelism } from 'node:os';
import { median, number } from '../test/support/drill-tools.mjs';
import { jsonClient, PASSWORD } from '../test/support/json-client.mjs';
import { accessTokens, asking, seedSessions, seedUsers } from './data.mjs';
import { startFloor, startGatehouse, startLoad } from './programs.mjs';
import { alternate, middle, ratio, round } from './rounds.mjs';

const USERS = 1_000;
const COST = '12';
const ADMINISTRATOR = { username: 'admin@example.com', password: PASSWORD };
const OF_HASHING = 0.9;
const PROBES_A_SECOND = 50;
const PROBE_P99 = 50;
const KEPT = 0.5;

/** Everybody has the password of the administrator, which was hashed by the service. */
async function start(rig, redis) {
  const { url: database, sql } = await rig.database();
  const gatehouse = await startGatehouse(rig, {
    DATABASE_URL: database,
    BCRYPT_COST: COST,
    ADMIN_EMAIL: ADMINISTRATOR.username,
    ADMIN_PASSWORD: ADMINISTRATOR.password,
    ...(redis && { REDIS_URL: redis }),
  });
  await jsonClient(gatehouse.url)('/auth/login', ADMINISTRATOR, 200);
  const first = await seedUsers(sql, USERS);
  await sql(
    `UPDATE user_auth SET password_hash = (SELECT password_hash FROM user_auth WHERE user_id < $1 LIMIT 1) WHERE user_id >= $1`,
    [first],
  );
  const tokens = await accessTokens(gatehouse.url, await seedSessions(sql, first, USERS));
  return { gatehouse, tokens, first };
}

/** What is measured, each for itself and beside the other. */
async function prepare(rig, redis, isQuick) {
  const { gatehouse, tokens, first } = await start(rig, redis);
  const hashing = await startFloor(rig, 'hashing', {
    BCRYPT_COST: COST,
    UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())),
  });
  const [load, others] = [await startLoad(rig), await startLoad(rig)];
  const targets = [gatehouse.url];
  // A sign-in takes a while: fewer of them than it needs for a figure are done within a shorter time.
  const long = isQuick ? { warmUp: 2, seconds: 4 } : { warmUp: 3, seconds: 10 };
  const short = isQuick ? { warmUp: 0.5, seconds: 1.5 } : { warmUp: 1, seconds: 4 };
  const logins = () => load({ name: 'logins', targets, connections: 8, ...long, script: signingIn(first) });
  const whoAmI = (time) =>
    others({ name: 'who am I', targets, ...time, script: asking('/api/v1/users/me', tokens) });
  const probes = () =>
    others({
      name: 'probes',
      targets,
      ...long,
      rate: PROBES_A_SECOND,
      script: { name: 'list', requests: [{ path: '/api/v1/health' }] },
    });
  return [
    {
      name: 'hashing',
      measure: async () => (await fetch(`${hashing.url}/?seconds=${short.seconds}`)).json(),
    },
    { name: 'who am I', measure: () => whoAmI(short) },
    {
      name: 'logins',
      measure: async () => {
        const [{ rate }, { p99 }] = await Promise.all([logins(), probes()]);
        return { rate, probeP99: p99 };
      },
    },
    {
      name: 'logins beside who am I',
      measure: async () => {
        const [{ rate }, answered] = await Promise.all([logins(), whoAmI(long)]);
        return { rate, whoAmI: answered.rate };
      },
    },
  ];
}

const signingIn = (first) => ({
  name: 'list',
  requests: Array.from({ length: USERS }, (_, n) => ({
    method: 'POST',
    path: '/api/v1/auth/login',
    body: JSON.stringify({ username: `bench-${first + n}@example.com`, password: PASSWORD }),
  })),
});

export function run({ withRig, redis, isQuick, pace: { rounds }, say }) {
  return withRig(redis ? { REDIS_URL: redis } : {}, async (rig) => {
    const measured = await alternate({
      id: 'P4',
      rounds,
      programs: await prepare(rig, redis, isQuick),
      say,
      measure: ({ measure }) => measure(),
      describe: ({ rate, probeP99, whoAmI }) =>
        `${number(round(rate, 1))}/s` +
        (probeP99 === undefined ? '' : `, p99 of probes ${round(probeP99)} ms`) +
        (whoAmI === undefined ? '' : `, who am I ${number(round(whoAmI))}/s`),
    });
    return [resultOf(measured, rounds)];
  });
}

function resultOf({ samples, company }, rounds) {
  const rateOf = ({ rate }) => rate;
  const rate = (name) => round(middle(samples[name], rateOf), 1);
  const share = ratio(samples.logins, samples.hashing, rateOf);
  const kept = median(
    samples['logins beside who am I'].map(({ whoAmI }, turn) => whoAmI / samples['who am I'][turn].rate),
  );
  const shareBeside = ratio(samples['logins beside who am I'], samples.hashing, rateOf);
  const probeP99 = middle(samples.logins, (sample) => sample.probeP99);
  const times = (value) => `${round(value, 2)} ×`;
  return {
    id: 'P4',
    title: `POST auth/login at saturation, bcrypt ${COST}, 16 connections`,
    target:
      `≥ ${OF_HASHING} × what the cores can hash, GET health meanwhile p99 < ${PROBE_P99} ms at ${PROBES_A_SECOND}/s (open loop); ` +
      `who am I keeps ≥ ${KEPT} of its rate beside logins`,
    rounds,
    company,
    columns: ['per second', 'of hashing', 'p99 of health, ms', 'who am I keeps'],
    rows: [
      {
        name: 'hashing alone',
        values: [rate('hashing'), '1 ×', '', ''],
        isMet: null,
        perRound: samples.hashing,
      },
      {
        name: 'who am I alone',
        values: [rate('who am I'), '', '', '1 ×'],
        isMet: null,
        perRound: samples['who am I'],
      },
      {
        name: 'logins',
        values: [rate('logins'), times(share), round(probeP99, 1), ''],
        isMet: share >= OF_HASHING && probeP99 < PROBE_P99,
        perRound: samples.logins,
      },
      {
        name: 'logins beside who am I',
        values: [rate('logins beside who am I'), times(shareBeside), '', times(kept)],
        isMet: kept >= KEPT,
        perRound: samples['logins beside who am I'],
      },
    ],
  };
}

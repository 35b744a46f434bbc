// How what is asked most costs as the users grow: a request at a time, so that it is the time of the request and nothing else.
import { number } from '../test/support/drill-tools.mjs';
import { accessTokens, asking, seedRoles, seedSessions, seedUsers } from './data.mjs';
import { startGatehouse, startLoad } from './programs.mjs';
import { alternate, middle, round } from './rounds.mjs';

const SIZES = [10_000, 100_000, 1_000_000];
const SESSIONS = 200;
const MANY = 10_000;
const LINES = ['who am I', `who am I, ${number(MANY)} privileges and roles`, 'first page of users'];

/** A database of so many users, and what is asked of it, in the order of {@link LINES}. */
async function start(rig, size) {
  const { url: database, sql } = await rig.database();
  const first = await seedUsers(sql, size);
  await seedRoles(sql, MANY);
  const holder = await seedUsers(sql, SESSIONS, 'Bench all');
  const reader = await seedUsers(sql, 1, 'SuperAdmin');
  const gatehouse = await startGatehouse(rig, { DATABASE_URL: database });
  const tokensOf = async (from, count) => accessTokens(gatehouse.url, await seedSessions(sql, from, count));
  const scripts = [
    asking('/api/v1/users/me', await tokensOf(first, SESSIONS)),
    asking('/api/v1/users/me', await tokensOf(holder, SESSIONS)),
    asking('/api/v1/users?limit=20', await tokensOf(reader, 1)),
  ];
  return LINES.map((line, index) => ({
    name: `${line}: ${number(size)}`,
    line,
    size,
    url: gatehouse.url,
    script: scripts[index],
  }));
}

export function run({ withRig, isQuick, pace: { rounds }, say }) {
  return withRig({}, async (rig) => {
    const programs = [];
    for (const size of isQuick ? SIZES.slice(0, 2) : SIZES) {
      say(`growth: making ${number(size)} users`);
      programs.push(...(await start(rig, size)));
    }
    const load = await startLoad(rig);
    const ask = ({ name, url, script }, time) =>
      load({ name, targets: [url], script, connections: 1, ...time });
    for (const program of programs) await ask(program, { warmUp: 0, seconds: 1 });
    const { samples, company } = await alternate({
      id: 'growth',
      rounds,
      programs,
      say,
      measure: (program) => ask(program, { warmUp: 0.3, seconds: isQuick ? 0.5 : 1.5 }),
      describe: ({ p50, p99 }) => `p50 ${round(p50, 2)} ms, p99 ${round(p99, 1)} ms`,
    });
    return [resultOf(programs, { samples, company, rounds })];
  });
}

function resultOf(programs, { samples, company, rounds }) {
  const p50 = ({ name }) => middle(samples[name], (sample) => sample.p50);
  const lines = LINES.map((name) => ({ name, programs: programs.filter(({ line }) => line === name) }));
  const sizes = lines[0].programs.map(({ size }) => size);
  return {
    id: 'growth',
    title: 'time of a request by the number of users, without Redis, one at a time',
    target: 'none of its own; P7 and P9 are about it',
    note: '![Time of a request by the number of users](growth.svg)',
    rounds,
    company,
    columns: [...sizes.map((size) => `${number(size)}, ms`), 'last of first'],
    rows: lines.map((line) => {
      const times = line.programs.map(p50);
      return {
        name: line.name,
        values: [...times.map((time) => round(time, 2)), `${round(times.at(-1) / times[0], 2)} ×`],
        isMet: null,
        perRound: line.programs.map(({ name }) => samples[name]),
      };
    }),
    chart: {
      file: 'growth.svg',
      title: 'Time of a request by the number of users',
      x: 'users',
      y: 'milliseconds (median)',
      lines: lines.map((line) => ({
        name: line.name,
        points: line.programs.map((one) => [one.size, p50(one)]),
      })),
    },
  };
}

// P9: what the guard costs as roles and their privileges grow.
import { number } from '../test/support/drill-tools.mjs';
import { accessTokens, asking, seedRoles, seedSessions, seedUsers } from './data.mjs';
import { startGatehouse } from './programs.mjs';
import { measureRates, rateResult } from './rates.mjs';

const SIZES = [10, 10_000];
const USERS = 10_000;
const SESSIONS = 1_000;
const MOST = 1.1;

/** Users of the role that holds all privileges, and as many of all the other roles. */
async function start(rig, size, redis) {
  const { url: database, sql } = await rig.database();
  await seedRoles(sql, size);
  const first = await seedUsers(sql, USERS, 'Bench all');
  await sql(
    `UPDATE "user" SET role_id = (SELECT id FROM role WHERE name = 'Bench ' || 1 + "user".id % $2::int) WHERE id >= $1 AND id % 2 = 0`,
    [first, size],
  );
  const env = { DATABASE_URL: database };
  const sessions = await seedSessions(sql, first, SESSIONS);
  const gatehouse = await startGatehouse(rig, env);
  const script = asking('/api/v1/users/me', await accessTokens(gatehouse.url, sessions));
  const shared = redis && (await startGatehouse(rig, { ...env, REDIS_URL: redis }));
  const name = `${number(size)} and ${number(size)}`;
  return [
    { name, ...gatehouse, script },
    ...(shared ? [{ name: `${name}, with Redis`, ...shared, script }] : []),
  ];
}

export function run({ withRig, redis, pace, say }) {
  return withRig(redis ? { REDIS_URL: redis } : {}, async (rig) => {
    const [small, large] = [await start(rig, SIZES[0], redis), await start(rig, SIZES[1], redis)];
    const programs = small.flatMap((program, index) => [program, large[index]]);
    const measured = await measureRates(rig, { id: 'P9', programs, pace, say });
    const tables = small.map(({ name }, index) =>
      rateResult(measured, {
        id: 'P9',
        title: 'GET users/me by the privileges of a role and by the roles there are',
        target: `a request costs ≤ ${MOST} × that with ${SIZES[0]} and ${SIZES[0]}`,
        floor: name,
        programs: [name, large[index].name],
        meets: (share) => 1 / share <= MOST,
      }),
    );
    return [
      {
        ...tables[0],
        columns: [...tables[0].columns.slice(0, -1), 'of 10 and 10'],
        rows: tables.flatMap(({ rows }) => rows),
      },
    ];
  });
}

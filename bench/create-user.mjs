// P6: a user is created, with audit entry and event in the transaction.
import { accessTokens, publicKeyOf, seedSessions, seedUsers } from './data.mjs';
import { startFloor, startGatehouse } from './programs.mjs';
import { measureRates, rateResult } from './rates.mjs';

const USERS = 10_000;
const LEAST = 0.5;
/** One for each connection: changes of one author take turns. */
const ADMINISTRATORS = 32;

/** The programs over one database. What follows from an event is left to workers, of which the floor has none either. */
async function start(rig) {
  const { url: database, sql } = await rig.database();
  await seedUsers(sql, USERS);
  const first = await seedUsers(sql, ADMINISTRATORS, 'SuperAdmin');
  const refreshTokens = await seedSessions(sql, first, ADMINISTRATORS);
  const [{ id: roleId }] = await sql(`SELECT id FROM role WHERE name = 'User' AND deleted_at IS NULL`);
  const env = { DATABASE_URL: database };
  const gatehouse = await startGatehouse(rig, { ...env, WORKER: 'off' });
  const tokens = await accessTokens(gatehouse.url, refreshTokens);
  const floor = await startFloor(rig, 'create-user', {
    ...env,
    PUBLIC_KEY: await publicKeyOf(gatehouse.url),
  });
  const script = (prefix, path) => ({
    name: 'numbered',
    prefix,
    requests: tokens.map((token) => ({
      method: 'POST',
      path,
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ firstName: 'Bench', lastName: 'User', roleId, email: '{n}@example.com' }),
    })),
  });
  return [
    { name: 'floor', ...floor, script: script('floor', '/users') },
    { name: 'Gatehouse', ...gatehouse, script: script('gatehouse', '/api/v1/users') },
  ];
}

export function run({ withRig, pace, say }) {
  return withRig({}, async (rig) => {
    const programs = await start(rig);
    const measured = await measureRates(rig, { id: 'P6', programs, pace, say });
    return [
      rateResult(measured, {
        id: 'P6',
        title: `POST users, ${ADMINISTRATORS} administrators, a connection each`,
        target: `≥ ${LEAST} × the floor: user and address, audit entry and event, three statements in a transaction`,
        note: 'The service also invites the user, within the limits of messages; workers, which would send it, are off.',
        floor: 'floor',
        programs: programs.map(({ name }) => name),
        meets: (share) => share >= LEAST,
      }),
    ];
  });
}

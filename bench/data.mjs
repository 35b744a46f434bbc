// The data of a run, made by SQL: a million users in seconds.
import { createHash, createPublicKey, randomBytes } from 'node:crypto';

/** So many users of a role, with an e-mail address each. Answers the first id. */
export async function seedUsers(sql, count, role = 'User') {
  const [{ first }] = await sql(
    `WITH person AS (
       INSERT INTO "user" (first_name, last_name, role_id)
       SELECT 'Bench', 'User ' || n, (SELECT id FROM role WHERE name = $1 AND deleted_at IS NULL)
       FROM generate_series(1, $2::int) AS n RETURNING id
     ), identity AS (
       INSERT INTO user_identity (user_id, type, value, is_verified, is_primary)
       SELECT id, 'email', 'bench-' || id || '@example.com', true, true FROM person
     ), credentials AS (
       INSERT INTO user_auth (user_id, password_hash) SELECT id, '!' FROM person
     )
     SELECT min(id) AS first FROM person`,
    [role, count],
  );
  for (const table of ['"user"', 'user_identity', 'user_auth']) await sql(`VACUUM (ANALYZE) ${table}`);
  return first;
}

/** So many roles, so many privileges, and a role `Bench all` that holds all of these; each other role holds ten. */
export async function seedRoles(sql, count) {
  await sql(
    `INSERT INTO privilege (name, description)
     SELECT 'bench.act' || n, 'Of a benchmark' FROM generate_series(1, $1::int) AS n`,
    [count],
  );
  await sql(
    `INSERT INTO role (name, name_key, description)
     SELECT name, lower(name), 'Of a benchmark'
     FROM (SELECT 'Bench ' || n AS name FROM generate_series(1, $1::int) AS n UNION ALL SELECT 'Bench all') AS roles`,
    [count],
  );
  await sql(
    `WITH act AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM privilege WHERE name LIKE 'bench.%'),
          bench AS (SELECT id, name, row_number() OVER (ORDER BY id) AS n FROM role WHERE name LIKE 'Bench %')
     INSERT INTO role_privilege (role_id, privilege_id)
     SELECT bench.id, act.id FROM bench JOIN act ON bench.name = 'Bench all'
     UNION ALL
     SELECT bench.id, act.id FROM bench CROSS JOIN generate_series(1, 10) AS i
     JOIN act ON act.n = 1 + (bench.n + i) % $1::int WHERE bench.name <> 'Bench all'`,
    [count],
  );
  for (const table of ['privilege', 'role', 'role_privilege']) await sql(`VACUUM (ANALYZE) ${table}`);
}

/** A session for each of so many users from `first` on. Answers their refresh tokens. */
export async function seedSessions(sql, first, count) {
  const tokens = Array.from({ length: count }, () => `rt_${randomBytes(32).toString('base64url')}`);
  const hashes = tokens.map((token) => createHash('sha256').update(token).digest());
  await sql(
    `WITH opened AS (
       INSERT INTO session (user_id, amr, auth_time, idle_expires_at, expires_at)
       SELECT id, '{pwd}', now(), now() + interval '7 days', now() + interval '30 days'
       FROM generate_series($1::int, $1::int + $2::int - 1) AS id RETURNING id, user_id
     )
     INSERT INTO refresh_token (session_id, token_hash)
     SELECT id, ($3::bytea[])[user_id - $1::int + 1] FROM opened`,
    [first, count, hashes],
  );
  await sql('VACUUM (ANALYZE) session');
  await sql('VACUUM (ANALYZE) refresh_token');
  return tokens;
}

/** Access tokens of sessions, as the service gives them out for refresh tokens. */
export async function accessTokens(url, refreshTokens) {
  const access = [];
  const waiting = [...refreshTokens];
  const work = async () => {
    for (let token = waiting.pop(); token; token = waiting.pop()) access.push(await exchange(url, token));
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return access;
}

async function exchange(url, token) {
  const response = await fetch(`${url}/api/v1/auth/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: token }),
  });
  if (!response.ok) throw new Error(`auth/refresh answered ${response.status}: ${await response.text()}`);
  return (await response.json()).access_token;
}

/** The public key of a service, as PEM. */
export async function publicKeyOf(url) {
  const { keys } = await (await fetch(`${url}/.well-known/jwks.json`)).json();
  return createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
}

/** Requests of many users, each with a token of their own. */
export const asking = (path, tokens) => ({
  name: 'list',
  requests: tokens.map((token) => ({ path, headers: { authorization: `Bearer ${token}` } })),
});

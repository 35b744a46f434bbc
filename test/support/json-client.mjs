import { Agent, request } from 'node:http';

/** Sends requests below /api/v1; answers the status and the body, whatever they are. */
export function httpClient(base) {
  const agent = new Agent({ keepAlive: true });
  return (method, path, { body, token, headers }) =>
    new Promise((resolve, reject) => {
      const all = {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      };
      const outgoing = request(`${base}/api/v1${path}`, { method, agent, headers: all }, (incoming) => {
        let text = '';
        incoming.on('data', (chunk) => (text += chunk));
        incoming.on('error', reject);
        incoming.on('end', () => resolve({ status: incoming.statusCode, text }));
      });
      outgoing.on('error', reject);
      outgoing.end(body && JSON.stringify(body));
    });
}

/** Posts JSON below /api/v1 and answers the body; throws for every status but `expected`. */
export function jsonClient(base) {
  const send = httpClient(base);
  return async (path, body, expected, token) => {
    const { status, text } = await send('POST', path, { body, token });
    if (status === expected) return text && JSON.parse(text);
    throw new Error(`${path} answered ${status}: ${text}`);
  };
}

export const PASSWORD = 'correct horse battery staple';
export const ADMINISTRATOR = { username: 'admin@example.com', password: PASSWORD };

/** Starts the service with an administrator, and answers how to ask it in their name and how to make users. */
export async function administeredService(rig, database, env) {
  const service = await rig.service({
    DATABASE_URL: database.url,
    ADMIN_EMAIL: ADMINISTRATOR.username,
    ADMIN_PASSWORD: ADMINISTRATOR.password,
    ...env,
  });
  const post = jsonClient(service.url);
  const { access_token: token } = await post('/auth/login', ADMINISTRATOR, 200);
  const [{ id: roleId }] = await database.sql(
    `SELECT id FROM role WHERE name = 'User' AND deleted_at IS NULL`,
  );
  return {
    service,
    create: (path, body) => post(path, body, 201, token),
    createUser: (email) => post('/users', { firstName: 'Drill', email, roleId }, 201, token),
    peopleWithPassword: (count) => peopleWithPassword(database, roleId, count),
  };
}

/** Addresses of people who may sign in with {@link PASSWORD}: the administrator's, so that nothing is hashed for it. */
async function peopleWithPassword({ sql }, roleId, count) {
  const people = await sql(
    `WITH person AS (
       INSERT INTO "user" (first_name, role_id) SELECT 'Drill', $1 FROM generate_series(1, $2) RETURNING id
     ), credentials AS (
       INSERT INTO user_auth (user_id, password_hash)
       SELECT id, (SELECT password_hash FROM user_auth LIMIT 1) FROM person
     )
     INSERT INTO user_identity (user_id, type, value, is_verified, is_primary)
     SELECT id, 'email', 'person-' || id || '@example.com', true, true FROM person RETURNING value AS email`,
    [roleId, count],
  );
  return people.map(({ email }) => email);
}

import { Agent, request } from 'node:http';

/** Posts JSON below /api/v1 and answers the body; throws for every status but `expected`. */
export function jsonClient(base) {
  const agent = new Agent({ keepAlive: true });
  return (path, body, expected, token) =>
    new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      };
      const outgoing = request(`${base}/api/v1${path}`, { method: 'POST', agent, headers }, (incoming) => {
        let text = '';
        incoming.on('data', (chunk) => (text += chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          if (incoming.statusCode === expected) resolve(text && JSON.parse(text));
          else reject(new Error(`${path} answered ${incoming.statusCode}: ${text}`));
        });
      });
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify(body));
    });
}

const ADMINISTRATOR = { username: 'admin@example.com', password: 'correct horse battery staple' };

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
  };
}

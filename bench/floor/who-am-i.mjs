// The floor of P1 and P2: verifies the token and reads the user with their role, each time. No session to be over, no
// privileges, no rate limit, no log.
import Fastify from 'fastify';
import { createVerifier } from 'fast-jwt';
import { Pool } from 'pg';

const { DATABASE_URL, PUBLIC_KEY } = process.env;
const ME = {
  name: 'me',
  text: `SELECT u.id, u.first_name, u.last_name, u.is_active, u.created_at, u.updated_at, r.name AS role
         FROM "user" u JOIN role r ON r.id = u.role_id WHERE u.id = $1 AND u.is_active AND u.deleted_at IS NULL`,
};
const verify = createVerifier({
  key: PUBLIC_KEY,
  algorithms: ['RS256'],
  allowedIss: 'https://id.example.com',
  allowedAud: 'gatehouse',
  cache: false,
});
const pool = new Pool({ connectionString: DATABASE_URL });
const app = Fastify();

app.get('/me', async ({ headers }) => {
  const { sub } = verify(headers.authorization.slice('Bearer '.length));
  const { rows } = await pool.query({ ...ME, values: [sub] });
  return rows[0];
});

await app.listen({ port: 0, host: '127.0.0.1' });
process.on('disconnect', () => process.exit(1));
process.send({ port: app.server.address().port });

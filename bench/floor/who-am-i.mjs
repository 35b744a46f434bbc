// The floor of P1 and P2: verifies the token and reads the user with their role, each time. No session to be over, no
// privileges, no rate limit, no log.
import Fastify from 'fastify';
import { Pool } from 'pg';
import { callerOf } from './bearer.mjs';
import { serve } from './serve.mjs';

const { DATABASE_URL } = process.env;
const ME = {
  name: 'me',
  text: `SELECT u.id, u.first_name, u.last_name, u.is_active, u.created_at, u.updated_at, r.name AS role
         FROM "user" u JOIN role r ON r.id = u.role_id WHERE u.id = $1 AND u.is_active AND u.deleted_at IS NULL`,
};
const pool = new Pool({ connectionString: DATABASE_URL });
const app = Fastify();

app.get('/me', async ({ headers }) => {
  const { sub } = callerOf(headers);
  const { rows } = await pool.query({ ...ME, values: [sub] });
  return rows[0];
});

await serve(app);

// The floor of P14: verifies the caller's token and the one that is asked about, and reads whether its session and its user
// are good. Nothing of what the caller may do, no log.
import Fastify from 'fastify';
import { Pool } from 'pg';
import { callerOf, verify } from './bearer.mjs';
import { serve } from './serve.mjs';

const { DATABASE_URL } = process.env;
const LIVE = {
  name: 'live',
  text: `SELECT 1 FROM session s JOIN "user" u ON u.id = s.user_id AND u.is_active AND u.deleted_at IS NULL
         WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.idle_expires_at > now() AND s.expires_at > now()`,
};
const pool = new Pool({ connectionString: DATABASE_URL });
const app = Fastify();

app.post('/introspect', async ({ headers, body }) => {
  callerOf(headers);
  const claims = verify(body.token);
  const { rows } = await pool.query({ ...LIVE, values: [claims.sid, claims.sub] });
  return rows.length > 0 ? { active: true, token_type: 'Bearer', ...claims } : { active: false };
});

await serve(app);

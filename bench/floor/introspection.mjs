// The floor of P14: verifies the caller's token and the one that is asked about, and reads whether its session and its user
// are good. Nothing of what the caller may do, no log.
import Fastify from 'fastify';
import { createVerifier } from 'fast-jwt';
import { Pool } from 'pg';

const { DATABASE_URL, PUBLIC_KEY } = process.env;
const LIVE = {
  name: 'live',
  text: `SELECT 1 FROM session s JOIN "user" u ON u.id = s.user_id AND u.is_active AND u.deleted_at IS NULL
         WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.idle_expires_at > now() AND s.expires_at > now()`,
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

app.post('/introspect', async ({ headers, body }) => {
  verify(headers.authorization.slice('Bearer '.length));
  const claims = verify(body.token);
  const { rows } = await pool.query({ ...LIVE, values: [claims.sid, claims.sub] });
  return rows.length > 0 ? { active: true, token_type: 'Bearer', ...claims } : { active: false };
});

await app.listen({ port: 0, host: '127.0.0.1' });
process.on('disconnect', () => process.exit(1));
process.send({ port: app.server.address().port });

// The floor of P5: one statement that uses the token up and stores its successor, and one signature, off the event loop. No
// second answer for a client that lost the first, no end of the session when a used token comes back, no log.
import { createHash, createPrivateKey, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import Fastify from 'fastify';
import { Pool } from 'pg';
import { serve } from './serve.mjs';

const { DATABASE_URL, PRIVATE_KEY } = process.env;
const ROTATE = {
  name: 'rotate',
  text: `
    WITH used AS (
      UPDATE refresh_token t SET used_at = now()
      FROM session s JOIN "user" u ON u.id = s.user_id AND u.is_active AND u.deleted_at IS NULL
      WHERE t.token_hash = $1 AND t.used_at IS NULL AND s.id = t.session_id
        AND s.revoked_at IS NULL AND s.idle_expires_at > now() AND s.expires_at > now()
      RETURNING t.id, t.session_id, s.user_id
    ), successor AS (
      INSERT INTO refresh_token (session_id, token_hash, parent_id) SELECT session_id, $2, id FROM used
    ), seen AS (
      UPDATE session SET last_seen_at = now(), idle_expires_at = least(now() + interval '7 days', expires_at)
      FROM used WHERE session.id = used.session_id
    )
    SELECT session_id, user_id FROM used`,
};
const key = createPrivateKey(PRIVATE_KEY);
const signOffTheLoop = promisify(sign);
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const hash = (token) => createHash('sha256').update(token).digest();
const HEADER = encode({ alg: 'RS256', typ: 'at+jwt', kid: 'floor' });

async function accessToken({ session_id: sid, user_id: sub }) {
  const iat = Math.floor(Date.now() / 1_000);
  const jti = randomBytes(16).toString('hex');
  const claims = {
    iss: 'https://id.example.com',
    aud: 'gatehouse',
    sub: String(sub),
    sid,
    jti,
    iat,
    exp: iat + 900,
  };
  const input = `${HEADER}.${encode(claims)}`;
  return `${input}.${(await signOffTheLoop('RSA-SHA256', Buffer.from(input), key)).toString('base64url')}`;
}

const pool = new Pool({ connectionString: DATABASE_URL });
const app = Fastify();

app.post('/refresh', async ({ body }, reply) => {
  const successor = `rt_${randomBytes(32).toString('base64url')}`;
  const { rows } = await pool.query({ ...ROTATE, values: [hash(body.refresh_token), hash(successor)] });
  if (rows.length === 0) return reply.status(400).send({ error: 'invalid_grant' });
  return {
    access_token: await accessToken(rows[0]),
    token_type: 'Bearer',
    expires_in: 900,
    refresh_token: successor,
  };
});

await serve(app);

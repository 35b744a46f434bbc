// The floor of P6: verifies the token and inserts user and address, audit entry and event, in one transaction. No privileges,
// no invitation and no budget of messages, no rate limit, no log.
import Fastify from 'fastify';
import { Pool } from 'pg';
import { callerOf } from './bearer.mjs';
import { serve } from './serve.mjs';

const { DATABASE_URL } = process.env;
const USER = {
  name: 'user',
  text: `WITH person AS (
           INSERT INTO "user" (first_name, last_name, role_id) VALUES ($1, $2, $3)
           RETURNING id, first_name, last_name, role_id, is_active, created_at
         ), identity AS (
           INSERT INTO user_identity (user_id, type, value, is_verified, is_primary)
           SELECT id, 'email', $4, false, true FROM person
         )
         SELECT * FROM person`,
};
const AUDIT = {
  name: 'audit',
  text: `INSERT INTO audit_log (actor_id, action, subject_type, subject_id, outcome, details)
         VALUES ($1, 'user.created', 'user', $2, 'success', $3)`,
};
const EVENT = {
  name: 'event',
  text: `INSERT INTO outbox (type, version, aggregate_type, aggregate_id, payload)
         VALUES ('user.created', 1, 'user', $1, $2)`,
};
const pool = new Pool({ connectionString: DATABASE_URL });

async function create(actorId, { firstName, lastName, roleId, email }) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query({ ...USER, values: [firstName, lastName, roleId, email] });
    const [user] = rows;
    await client.query({ ...AUDIT, values: [actorId, user.id, JSON.stringify({ roleId })] });
    await client.query({ ...EVENT, values: [user.id, JSON.stringify({ id: user.id, roleId })] });
    await client.query('COMMIT');
    return { ...user, email };
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

const app = Fastify();
app.post('/users', async ({ headers, body }, reply) => {
  const { sub } = callerOf(headers);
  return reply.status(201).send(await create(sub, body));
});

await serve(app);

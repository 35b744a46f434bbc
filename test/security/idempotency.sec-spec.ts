import { Client } from 'pg';
import { type Cluster, startCluster, tally, together } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import type { TestUser } from '../support/factory.js';

let cluster: Cluster;
let admin: TestUser;
let roleId: number;
beforeAll(async () => {
  cluster = await startCluster();
  admin = await cluster.a.factory.superAdmin();
  roleId = await cluster.a.factory.roleId('User');
});
afterAll(() => cluster.close());

let keys = 0;
const newKey = () => `key-${(keys += 1)}`;
const newBody = () => ({ firstName: 'Ada', roleId, email: cluster.a.factory.email() });

interface Created {
  readonly id?: number;
  readonly code?: string;
}

const create = (key: string, body: unknown, { token = admin.token, on = cluster.a } = {}) =>
  on.api.post<Created>('/users', { token, body, headers: { 'idempotency-key': key } });

async function usersWith(email: string): Promise<number> {
  const rows = await cluster.a.sql<{ n: number }>(
    'SELECT count(*)::int AS n FROM user_identity WHERE value = $1',
    [email],
  );
  return rows[0]?.n ?? 0;
}

it('R27: twenty requests with one key on two instances happen once, and the answer is kept', async () => {
  const [key, body] = [newKey(), newBody()];
  const answers = await together(20, (index) =>
    create(key, body, { on: index % 2 === 0 ? cluster.a : cluster.b }),
  );
  const counts = tally(
    answers.map(({ status, headers }) => `${status}${headers['idempotency-replayed'] ? ' again' : ''}`),
  );
  expect(counts['201']).toBe(1);
  expect(Object.keys(counts).filter((kind) => !['201', '201 again', '409'].includes(kind))).toEqual([]);
  for (const answer of answers.filter(({ status }) => status === 409)) {
    expect(answer.body.code).toBe('idempotency_key_in_use');
    expect(answer.headers['retry-after']).toBe('1');
  }
  expect(await usersWith(body.email)).toBe(1);
  const again = await create(key, body, { on: cluster.b });
  const first = answers.find(({ status, headers }) => status === 201 && !headers['idempotency-replayed']);
  expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([
    201,
    'true',
    first?.body,
  ]);
});

it('R27: the same key with another body, or on another route, is not the same request', async () => {
  const [key, body] = [newKey(), newBody()];
  expect((await create(key, body)).status).toBe(201);
  const other = await create(key, { ...body, firstName: 'Eve' });
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  const role = await cluster.a.api.post('/roles', {
    token: admin.token,
    body: { name: cluster.a.factory.unique('idempotent') },
    headers: { 'idempotency-key': key },
  });
  expect(role.status).toBe(201);
});

it('A6, S103: one key for two objects is not the same request: 422, and nothing is done to the second', async () => {
  const key = newKey();
  const webhook = async () => {
    const { body } = await cluster.a.api.post<{ id: number }>('/webhooks', {
      token: admin.token,
      // Of an event that never comes: nothing is sent there.
      body: { url: 'https://1.1.1.1/hooks', eventTypes: ['webhook.disabled'] },
    });
    return body.id;
  };
  const rotate = (path: string) =>
    cluster.a.api.post<{ secret?: string; code?: string }>(path, {
      token: admin.token,
      headers: { 'idempotency-key': key },
    });
  const [one, two] = [await webhook(), await webhook()];
  const secretsOf = (id: number) => cluster.a.sql('SELECT * FROM webhook WHERE id = $1', [id]);
  const before = await secretsOf(two);
  const first = await rotate(`/webhooks/${one}/rotate-secret`);
  const second = await rotate(`/webhooks/${two}/rotate-secret`);
  expect([first.status, second.status, second.body.code]).toEqual([200, 422, 'idempotency_key_reused']);
  expect(second.text).not.toContain(first.body.secret);
  expect(await secretsOf(two)).toEqual(before);
  const again = await rotate(`/webhooks/${one}/rotate-secret`);
  expect([again.status, again.body]).toEqual([200, first.body]);
  const asked = await rotate(`/webhooks/${one}/rotate-secret?again=1`);
  expect([asked.status, asked.body.code]).toEqual([422, 'idempotency_key_reused']);
});

it('A6, S103: the order of the members of a body makes no other request', async () => {
  const key = newKey();
  const { firstName, roleId: role, email } = newBody();
  expect((await create(key, { firstName, roleId: role, email })).status).toBe(201);
  const again = await create(key, { email, roleId: role, firstName });
  expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
});

it('R27: the key of one user is no key of another, and shows nobody the answer of somebody else', async () => {
  const other = await cluster.a.factory.superAdmin();
  const [key, body] = [newKey(), newBody()];
  const mine = await create(key, body);
  const theirs = await create(key, newBody(), { token: other.token });
  expect([mine.status, theirs.status]).toEqual([201, 201]);
  expect(theirs.body.id).not.toBe(mine.body.id);
  const same = await create(newKey(), body, { token: other.token });
  expect([same.status, same.body.code]).toEqual([409, 'identity_taken']);
});

it('R27: errors are not kept: corrected, the same key works', async () => {
  const key = newKey();
  const body = newBody();
  expect((await create(key, { ...body, roleId: 2_000_000_000 })).body.code).toBe('unknown_role');
  expect((await create(key, { ...body, email: 'no address' })).status).toBe(400);
  expect((await create(key, body)).status).toBe(201);
  const again = await create(key, body);
  expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
});

it('R27: a key must be 1 to 255 printable characters', async () => {
  for (const key of ['', 'x'.repeat(256), 'caf\u00e9', 'a\tb']) {
    const answer = await create(key, newBody());
    expect([key.slice(0, 8), answer.status, answer.body.code]).toEqual([
      key.slice(0, 8),
      400,
      'idempotency_key_invalid',
    ]);
  }
  expect((await create('x'.repeat(255), newBody())).status).toBe(201);
});

it('R27: a request killed before its commit changed nothing, and its retry does the work', async () => {
  const [key, body] = [newKey(), newBody()];
  const gate = new Client({ connectionString: cluster.a.databaseUrl });
  await gate.connect();
  try {
    // The insert of the address waits for this uncommitted one.
    await gate.query('BEGIN');
    await gate.query(
      `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary) VALUES ($1, 'email', $2, true, false)`,
      [admin.id, body.email],
    );
    const first = create(key, body);
    await eventually(async () => {
      const killed = await cluster.a.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'gatehouse' AND wait_event_type = 'Lock'`,
      );
      return killed.length === 1;
    });
    expect((await first).status).toBe(503);
    await gate.query('ROLLBACK');
  } finally {
    await gate.end();
  }
  expect(await usersWith(body.email)).toBe(0);
  expect((await create(key, body)).status).toBe(201);
  expect(await usersWith(body.email)).toBe(1);
});

it('R27: a key whose process died is free again once its time is up; one whose change was made is not', async () => {
  const [key, body] = [newKey(), newBody()];
  const die = (state: string, age: string) =>
    cluster.a.sql(
      `UPDATE idempotency_key SET state = $2::idempotency_state, status = NULL, body = NULL,
         locked_until = now() - $3::interval WHERE key = $1`,
      [key, state, age],
    );
  await create(key, { ...body, firstName: 'Ada' });
  // As the rows are when the process dies before the commit …
  await cluster.a.sql('DELETE FROM user_identity WHERE value = $1', [body.email]);
  await die('started', '-30 seconds');
  expect((await create(key, body)).body.code).toBe('idempotency_key_in_use');
  await die('started', '1 second');
  const retried = await create(key, body);
  expect([retried.status, await usersWith(body.email)]).toEqual([201, 1]);
  // … and when it dies between the commit and its answer.
  await die('committed', '1 second');
  const lost = await create(key, body);
  expect([lost.status, lost.body.code, await usersWith(body.email)]).toEqual([409, 'already_done', 1]);
});

it('R27: without the privilege a key opens nothing', async () => {
  const plain = await cluster.a.factory.user();
  const [key, body] = [newKey(), newBody()];
  await create(key, body);
  expect((await create(key, body, { token: plain.token })).status).toBe(403);
});

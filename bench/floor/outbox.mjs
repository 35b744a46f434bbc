// The floor of P11: claims rows of the outbox with SKIP LOCKED, calls the handler for each, marks them, commits. No queue,
// no retry of a single job, no order per aggregate, no framework: what nobody can go below with the same table.
import { Client } from 'pg';

const BATCH = 250;
const CLAIM = {
  name: 'claim',
  text: `SELECT id, payload FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
};
const MARK = { name: 'mark', text: 'UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])' };

let done = [];
const handle = async ({ payload }) => {
  done.push([String(payload.key), process.hrtime.bigint().toString()]);
};

async function run({ url }) {
  const [client, listener] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
  await Promise.all([client.connect(), listener.connect()]);
  let wake = () => undefined;
  let isSignalled = false;
  listener.on('notification', () => {
    isSignalled = true;
    wake();
  });
  await listener.query('LISTEN gatehouse_outbox');
  setInterval(() => {
    if (done.length > 0) process.send({ done });
    done = [];
  }, 50);
  process.send({ isRunning: true });
  for (;;) {
    isSignalled = false;
    await client.query('BEGIN');
    const { rows } = await client.query(CLAIM);
    for (const row of rows) await handle(row);
    if (rows.length > 0) await client.query({ ...MARK, values: [rows.map(({ id }) => id)] });
    await client.query('COMMIT');
    if (rows.length === BATCH || isSignalled) continue;
    await new Promise((resolve) => {
      wake = resolve;
      setTimeout(resolve, 1_000);
    });
  }
}

process.on('disconnect', () => process.exit(1));
process.once('message', (message) => void run(message));
process.send({ isReady: true });

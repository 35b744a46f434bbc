import { Client } from 'pg';
import { startApp } from '../support/app.js';
import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServiceProcess } from '../support/service-process.js';
import { refresh, signIn, statusOf } from '../support/tokens.js';

it('R16: on SIGTERM it is not ready at once, serves on, finishes what runs, and exits with 0', async () => {
  const databaseUrl = await cloneDatabase();
  const seeding = await startApp({ databaseUrl });
  const user = await seeding.factory.user({ signIn: false });
  const [running, live] = [await signIn(seeding.api, user.email), await signIn(seeding.api, user.email)];
  await seeding.close();
  const { process: service, api } = await ServiceProcess.start({
    DATABASE_URL: databaseUrl,
    SHUTDOWN_DELAY: '1',
    LOG_LEVEL: 'info',
  });
  const gate = new Client({ connectionString: databaseUrl });
  await gate.connect();
  try {
    expect((await api.get('/health/ready')).status).toBe(200);
    // This refresh waits for its session.
    await gate.query('BEGIN');
    await gate.query('SELECT id FROM session WHERE id = $1 FOR UPDATE', [running.sessionId]);
    const slow = refresh(api, running.refresh);
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))`;
    await eventually(async () => {
      // Within a transaction the view stays as it was when it was read first.
      await gate.query('SELECT pg_stat_clear_snapshot()');
      return (await gate.query(waiting)).rows.length > 0;
    });

    const signalledAt = performance.now();
    service.signal('SIGTERM');
    await eventually(async () => (await api.get('/health/ready')).status === 503, 500, 5);
    expect((await api.get('/health/live')).status).toBe(200);
    let served = 0;
    const refused = async () => {
      try {
        expect([200, 503]).toContain(await statusOf(api, live.access));
        served += 1;
        return false;
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toMatch(/ECONNREFUSED|ECONNRESET/);
        return true;
      }
    };
    await eventually(refused, 3_000);
    expect(performance.now() - signalledAt).toBeGreaterThan(990);
    expect(served).toBeGreaterThan(10);
    await gate.query('COMMIT');
    const finished = await slow;
    expect([finished.status, finished.headers.connection]).toEqual([200, 'close']);
    expect(await service.exit()).toBe(0);
    for (const line of [
      /"event":"stopping","signal":"SIGTERM"/,
      /"event":"stopped","version":"[\d.]+","code":0/,
    ])
      expect(service.output).toMatch(line);
  } finally {
    await gate.end();
    await service.kill();
  }
}, 30_000);

it('R16: a second signal ends it at once', async () => {
  const { process: service } = await ServiceProcess.start({
    DATABASE_URL: await cloneDatabase(),
    SHUTDOWN_DELAY: '60',
  });
  service.signal('SIGTERM');
  service.signal('SIGINT');
  expect(await service.exit()).toBe(1);
}, 20_000);

import { startApp, type TestApp } from '../support/app.js';
import { runScheduled } from '../support/jobs.js';

let service: TestApp;
beforeAll(async () => {
  // Nobody else cleans up meanwhile.
  service = await startApp({ env: { WORKER: 'off' } });
});
afterAll(() => service.close());

describe('the clean-up', () => {
  it('removes sessions that ended more than a week ago, with their tokens, and no others', async () => {
    const { id } = await service.factory.user();
    await service.sql(
      `WITH ended AS (
         INSERT INTO session (user_id, idle_expires_at, expires_at)
         SELECT $1, now() - interval '8 days', now() FROM generate_series(1, 45) RETURNING id)
       INSERT INTO refresh_token (session_id, token_hash) SELECT id, sha256(id::text::bytea) FROM ended`,
      [id],
    );
    await runScheduled(service, 'auth.clean_up_sessions');
    const [left] = await service.sql<{ sessions: number; tokens: number }>(
      'SELECT (SELECT count(*)::int FROM session) AS sessions, (SELECT count(*)::int FROM refresh_token) AS tokens',
    );
    expect(left).toEqual({ sessions: 1, tokens: 1 });
  });

  it('S42: forgets sealed successors once the grace is over', async () => {
    await service.sql(
      `UPDATE refresh_token SET used_at = now() - interval '1 hour', successor_sealed = 'sealed'`,
    );
    await runScheduled(service, 'auth.clean_up_refresh_tokens');
    const sealed = await service.sql('SELECT 1 FROM refresh_token WHERE successor_sealed IS NOT NULL');
    expect(sealed).toEqual([]);
  });

  it('removes counts of the day before yesterday, and keeps those that still lock', async () => {
    await service.sql(
      `INSERT INTO throttle (key, fails, window_start, locked_until) VALUES
         ('old', 3, now() - interval '2 days', NULL),
         ('locks', 3, now() - interval '2 days', now() + interval '1 hour'),
         ('new', 3, now(), NULL)`,
    );
    await runScheduled(service, 'auth.clean_up_counts');
    const left = await service.sql(
      `SELECT convert_from(key, 'UTF8') AS key FROM throttle WHERE key IN ('old', 'locks', 'new') ORDER BY key`,
    );
    expect(left).toEqual([{ key: 'locks' }, { key: 'new' }]);
  });
});

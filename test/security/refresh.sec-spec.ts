import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { startApp } from '../support/app.js';
import { type Cluster, startCluster, together } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import type { TestUser } from '../support/factory.js';
import { flushRedis, STORES } from '../support/redis.js';
import { refresh, type SignedIn, signIn, statusOf } from '../support/tokens.js';

describe.each(STORES)('refresh tokens (%s)', (_store, env) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(env);
  });
  afterAll(() => cluster.close());

  async function signedIn(): Promise<{ user: TestUser; tokens: SignedIn }> {
    const user = await cluster.a.factory.user({ signIn: false });
    return { user, tokens: await signIn(cluster.a.api, user.email) };
  }

  /** Rotates once; anything but success is an error of the test. */
  async function rotate(token: string): Promise<string> {
    const answer = await refresh(cluster.b.api, token);
    expect(answer.status).toBe(200);
    return answer.body.refresh_token;
  }

  /** As if the token had been used so long ago. */
  async function ageUse(token: string, seconds: number): Promise<void> {
    await cluster.a.sql(
      `UPDATE refresh_token SET used_at = clock_timestamp() - make_interval(secs => $2) WHERE token_hash = $1`,
      [createHash('sha256').update(token).digest(), seconds],
    );
  }

  async function revokeReason(sessionId: number): Promise<string | null> {
    const rows = await cluster.a.sql<{ reason: string | null }>(
      'SELECT revoke_reason AS reason FROM session WHERE id = $1',
      [sessionId],
    );
    return rows[0]?.reason ?? null;
  }

  async function expectDead(tokens: readonly string[], refreshTokens: readonly string[]): Promise<void> {
    for (const { api } of [cluster.a, cluster.b]) {
      for (const token of tokens) expect(await statusOf(api, token)).toBe(401);
      for (const token of refreshTokens) {
        const answer = await refresh(api, token);
        expect(answer.status).toBe(401);
        expect(answer.body).toMatchObject({ code: 'invalid_grant' });
      }
    }
  }

  it.each([
    ['S44', 40],
    ['G1', 50],
  ])('%s: %i refreshes of one token on two instances give one successor', async (_id, times) => {
    const { user, tokens } = await signedIn();
    const answers = await together(times, (index) =>
      refresh(index % 2 === 0 ? cluster.a.api : cluster.b.api, tokens.refresh),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    const rows = await cluster.a.sql<{ children: number; sessions: number }>(
      `SELECT count(*) FILTER (WHERE parent_id IS NOT NULL)::int AS children, count(DISTINCT session_id)::int AS sessions
       FROM refresh_token t JOIN session s ON s.id = t.session_id WHERE s.user_id = $1`,
      [user.id],
    );
    expect(rows[0]).toEqual({ children: 1, sessions: 1 });
    // Nobody is signed out: the old access token, every new one and the successor work.
    expect(await statusOf(cluster.b.api, tokens.access)).toBe(200);
    for (const { body } of answers.slice(0, 4)) {
      expect(await statusOf(cluster.a.api, body.access_token)).toBe(200);
    }
    await rotate(answers[0]?.body.refresh_token ?? '');
  });

  it('G3: answers the same successor in the grace, and ends the session for the grandparent', async () => {
    const { tokens } = await signedIn();
    const first = await rotate(tokens.refresh);
    expect(await rotate(tokens.refresh)).toBe(first);
    const second = await rotate(first);
    // In its grace still, but its successor has been used: two hold the token.
    await expectDead([], [tokens.refresh]);
    expect(await revokeReason(tokens.sessionId)).toBe('refresh_reuse');
    await expectDead([tokens.access], [first, second]);
  });

  it('G4: grace ends at its limit; then the family dies and the access token with it', async () => {
    const { tokens } = await signedIn();
    const successor = await rotate(tokens.refresh);
    await ageUse(tokens.refresh, 9);
    expect(await rotate(tokens.refresh)).toBe(successor);
    await ageUse(tokens.refresh, 10);
    await expectDead([], [tokens.refresh]);
    await expectDead([tokens.access], [successor]);
  });

  it('S45: a token used again ends its session, is audited, published, and told to the user', async () => {
    const { user, tokens } = await signedIn();
    const next = (await refresh(cluster.a.api, tokens.refresh)).body;
    await ageUse(tokens.refresh, 11);
    // Both instances have answered in this session before.
    for (const { api } of [cluster.a, cluster.b]) expect(await statusOf(api, next.access_token)).toBe(200);
    const mails = () =>
      [...cluster.a.mailbox.list(), ...cluster.b.mailbox.list()].filter(({ to }) => to === user.email);
    const before = mails().length;
    expect((await refresh(cluster.a.api, tokens.refresh)).status).toBe(401);
    expect(await statusOf(cluster.b.api, next.access_token)).toBe(401);
    await expectDead([tokens.access, next.access_token], [next.refresh_token]);
    await eventually(() => mails().length > before);
    expect(mails().length - before).toBe(1);
    expect(mails()[0]?.subject).toBe('A sign-in of yours was ended');

    const audited = await cluster.a.sql<{ action: string; details: Record<string, unknown> }>(
      `SELECT action, details FROM audit_log WHERE subject_type = 'user' AND subject_id = $1 ORDER BY id DESC LIMIT 1`,
      [String(user.id)],
    );
    expect(audited[0]).toEqual({
      action: 'session.revoked',
      details: { sessionId: tokens.sessionId, reason: 'refresh_reuse' },
    });
    const events = await cluster.a.sql<{ type: string; payload: Record<string, unknown> }>(
      `SELECT type, payload FROM outbox WHERE aggregate_id = $1 ORDER BY id DESC LIMIT 1`,
      [String(user.id)],
    );
    expect(events[0]).toEqual({
      type: 'session.revoked',
      payload: { userId: user.id, sessionIds: [tokens.sessionId], reason: 'refresh_reuse' },
    });
  });

  it('S45: whoever is first, thief or owner, the second use ends what the first has got', async () => {
    const { tokens } = await signedIn();
    const thief = (await refresh(cluster.a.api, tokens.refresh)).body;
    const thiefAgain = (await refresh(cluster.a.api, thief.refresh_token)).body;
    await expectDead([], [tokens.refresh]);
    await expectDead(
      [tokens.access, thief.access_token, thiefAgain.access_token],
      [thief.refresh_token, thiefAgain.refresh_token],
    );
  });

  it('S45: the refusal tells nothing: used, revoked and unknown tokens are answered alike', async () => {
    const { tokens } = await signedIn();
    await rotate(await rotate(tokens.refresh));
    const unknown = await refresh(cluster.a.api, `rt_${'A'.repeat(43)}`);
    const used = await refresh(cluster.a.api, tokens.refresh);
    const revoked = await refresh(cluster.a.api, tokens.refresh);
    const bare = (text: string) => text.replace(/"requestId":"[^"]+"/, '');
    expect(unknown.status).toBe(401);
    expect([bare(used.text), bare(revoked.text)]).toEqual([bare(unknown.text), bare(unknown.text)]);
  });

  it('S47: a refresh killed before its commit consumes nothing', async () => {
    const { tokens } = await signedIn();
    // Stops the transaction after the successor is written, right before the commit.
    await cluster.a.sql(`CREATE OR REPLACE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END $$`);
    await cluster.a.sql(
      'CREATE TRIGGER wait_here BEFORE UPDATE ON session FOR EACH ROW EXECUTE FUNCTION wait_here()',
    );
    const gate = new Client({ connectionString: cluster.a.databaseUrl });
    await gate.connect();
    try {
      await gate.query('SELECT pg_advisory_lock(4711)');
      const answer = refresh(cluster.a.api, tokens.refresh);
      await eventually(async () => {
        const killed = await cluster.a.sql<{ pid: number }>(
          `SELECT pg_terminate_backend(pid), pid FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'gatehouse' AND wait_event = 'advisory'`,
        );
        return killed.length === 1;
      });
      expect((await answer).status).toBe(503);
    } finally {
      await gate.end();
      await cluster.a.sql('DROP TRIGGER wait_here ON session');
    }
    const rows = await cluster.a.sql<{ tokens: number; used: number }>(
      'SELECT count(*)::int AS tokens, count(used_at)::int AS used FROM refresh_token WHERE session_id = $1',
      [tokens.sessionId],
    );
    expect(rows[0]).toEqual({ tokens: 1, used: 0 });
    await rotate(await rotate(tokens.refresh));
    expect(await statusOf(cluster.b.api, tokens.access)).toBe(200);
  });

  it('S42: a token has 256 random bits; the database holds its hash only, and no successor in the clear', async () => {
    const { tokens } = await signedIn();
    const successor = await rotate(tokens.refresh);
    expect(tokens.refresh).toMatch(/^rt_[\w-]{43}$/);
    const rows = await cluster.a.sql<{ hash: Buffer; sealed: Buffer | null }>(
      `SELECT token_hash AS hash, successor_sealed AS sealed FROM refresh_token WHERE session_id = $1 ORDER BY id`,
      [tokens.sessionId],
    );
    expect(rows.map(({ hash }) => hash)).toEqual(
      [tokens.refresh, successor].map((token) => createHash('sha256').update(token).digest()),
    );
    for (const secret of [tokens.refresh, successor]) {
      for (const text of [
        secret,
        secret.slice(3),
        Buffer.from(secret.slice(3), 'base64url').toString('latin1'),
      ]) {
        expect(rows[0]?.sealed?.includes(text, 0, 'latin1')).toBe(false);
      }
    }
    const elsewhere = await cluster.a.sql<{ n: number }>(
      `SELECT (SELECT count(*) FROM outbox o WHERE o::text LIKE $1) + (SELECT count(*) FROM audit_log l WHERE l::text LIKE $1)
         + (SELECT count(*) FROM session s WHERE s::text LIKE $1) AS n`,
      [`%${tokens.refresh.slice(3)}%`],
    );
    expect(Number(elsewhere[0]?.n)).toBe(0);
  });

  it('S42: sliding never goes past the absolute end, which nothing moves', async () => {
    const { tokens } = await signedIn();
    await cluster.a.sql(`UPDATE session SET expires_at = now() + interval '100 seconds' WHERE id = $1`, [
      tokens.sessionId,
    ]);
    const successor = await rotate(tokens.refresh);
    const rows = await cluster.a.sql<{ within: boolean }>(
      `SELECT idle_expires_at <= expires_at AND expires_at < now() + interval '101 seconds' AS within
       FROM session WHERE id = $1`,
      [tokens.sessionId],
    );
    expect(rows[0]?.within).toBe(true);
    await cluster.a.sql(
      `UPDATE session SET expires_at = now() - interval '1 second', idle_expires_at = now() - interval '1 second' WHERE id = $1`,
      [tokens.sessionId],
    );
    expect((await refresh(cluster.b.api, successor)).status).toBe(401);
  });

  it.each(['idle_expires_at', 'expires_at'])(
    'S43: the server ends a session at %s by itself',
    async (column) => {
      const { tokens } = await signedIn();
      await cluster.a.sql(
        `UPDATE session SET ${column} = clock_timestamp() + interval '600 milliseconds' WHERE id = $1`,
        [tokens.sessionId],
      );
      for (const { api } of [cluster.a, cluster.b]) expect(await statusOf(api, tokens.access)).toBe(200);
      for (const { api } of [cluster.a, cluster.b]) {
        await eventually(async () => (await statusOf(api, tokens.access)) === 401, 2_000);
      }
      await expectDead([], [tokens.refresh]);
      expect(await revokeReason(tokens.sessionId)).toBeNull();
    },
  );

  it('S46: reuse is seen after a restart of both instances and the loss of all that Redis held', async () => {
    const { tokens } = await signedIn();
    const successor = await rotate(tokens.refresh);
    const last = await rotate(successor);
    await cluster.close();
    await flushRedis(env.REDIS_URL);
    cluster = await startCluster(env, cluster.a.databaseUrl);
    await expectDead([], [tokens.refresh]);
    expect(await revokeReason(tokens.sessionId)).toBe('refresh_reuse');
    await expectDead([tokens.access], [successor, last]);
  });
});

describe('lifetimes', () => {
  it('S43: idle and absolute lifetime are settings', async () => {
    const service = await startApp({ env: { SESSION_IDLE_TTL: '60', SESSION_TTL: '7200' } });
    const user = await service.factory.user();
    const rows = await service.sql<{ idle: number; absolute: number }>(
      `SELECT extract(epoch FROM idle_expires_at - created_at)::int AS idle,
              extract(epoch FROM expires_at - created_at)::int AS absolute FROM session WHERE user_id = $1`,
      [user.id],
    );
    expect(rows[0]).toEqual({ idle: 60, absolute: 7200 });
    await service.close();
  });
});

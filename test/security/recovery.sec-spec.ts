import { startCluster, tally, together, type Cluster } from '../support/cluster.js';
import type { TestUser } from '../support/factory.js';
import { PASSWORD } from '../support/factory.js';
import { letterTo, tokenOf, tokenTo } from '../support/letters.js';
import { waiting, whileHolding } from '../support/locks.js';
import { sendRaw } from '../support/raw-http.js';
import { login, refresh, signIn, statusOf } from '../support/tokens.js';

const NEXT = 'paper lantern over water';
const BASE = 'http://gatehouse.test';

let cluster: Cluster;
let both: Cluster['a'][];
let admin: TestUser;
beforeAll(async () => {
  cluster = await startCluster({ LOCKOUT_LIMIT: '3', LOCKOUT_SECONDS: '600' });
  both = [cluster.a, cluster.b];
  admin = await cluster.a.factory.superAdmin();
});
afterAll(() => cluster.close());

const newUser = (options: { username?: string } = {}) =>
  cluster.a.factory.user({ signIn: false, ...options });
const forgot = async (identifier: unknown, headers: Record<string, string> = {}) => {
  // How much is sent to one address is limited (S22); here it would only be in the way.
  await cluster.a.sql('TRUNCATE send_budget');
  return cluster.a.api.post('/auth/password/forgot', { body: { identifier }, headers });
};
const reset = (token: string, newPassword = NEXT) =>
  cluster.b.api.post('/auth/password/reset', { body: { token, newPassword } });
const recover = (user: TestUser) => tokenTo(both, user.email, () => forgot(user.email));
const setState = (user: TestUser, isActive: boolean) =>
  cluster.a.api.patch(`/users/${user.id}`, { token: admin.token, body: { isActive } });

/** Every message so far, once what was asked before it has been dealt with: jobs of one queue are taken in turn. */
async function sentAfterAll(): Promise<readonly { to: string }[]> {
  const marker = await newUser();
  await recover(marker);
  return both.flatMap(({ mailbox }) => mailbox.list());
}

describe('asking for a link', () => {
  it('S52: an identifier is one string of the form of an address, a number or a username', async () => {
    const user = await newUser();
    const [local = '', domain = ''] = user.email.split('@');
    const other = 'thief@evil.example';
    const refused: unknown[] = [
      [user.email, other],
      [user.email],
      { $ne: '' },
      { email: user.email },
      true,
      1,
      null,
      '',
      ' ',
      `${user.email},${other}`,
      `${user.email};${other}`,
      `${user.email} ${other}`,
      `${user.email}\r\nBcc: ${other}`,
      `${user.email}\nTo: ${other}`,
      `${user.email}%0aBcc:${other}`,
      `"${user.email}" <${other}>`,
      `${user.email}\0`,
      `${local}@${domain}@${other}`,
      `\u0131${user.email}`,
      user.email.replace(/./gu, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)),
      `\u212a${user.email}`,
      'a'.repeat(192),
    ];
    for (const identifier of refused) {
      const { status, body } = await forgot(identifier);
      expect([identifier, status, body.code]).toEqual([identifier, 400, 'validation_failed']);
    }
    const messages = await sentAfterAll();
    expect(messages.filter(({ to }) => to !== '' && (to === other || to.includes(user.email)))).toEqual([]);
  });

  it('S52: a look-alike of an address is nobody, and mail goes to the address that is stored', async () => {
    const user = await newUser();
    for (const typed of [user.email.toUpperCase(), `  ${user.email}\r\n`]) {
      const letter = await letterTo(both, user.email, () => forgot(typed));
      expect(letter.to).toBe(user.email);
    }
  });

  it('a username gets the link to the verified address of its owner, whatever the case', async () => {
    const user = await newUser({ username: 'kate.forgets' });
    const letter = await letterTo(both, user.email, () => forgot('Kate.Forgets'));
    expect(letter.to).toBe(user.email);
    expect((await forgot('\u212aate.forgets')).status).toBe(400);
  });

  it('S52, S30, S75: whoever is unknown, unverified, disabled or deleted is answered alike and sent nothing', async () => {
    const [unverified, disabled, deleted] = [await newUser(), await newUser(), await newUser()];
    await cluster.a.sql('UPDATE user_identity SET is_verified = false WHERE user_id = $1', [unverified.id]);
    await setState(disabled, false);
    await cluster.a.api.delete(`/users/${deleted.id}`, { token: admin.token });
    const silent = [unverified.email, disabled.email, deleted.email, 'nobody@example.com', '+4915123450000'];
    for (const identifier of [...silent, 'no.such.name']) {
      const { status, text } = await forgot(identifier);
      expect([identifier, status, text]).toEqual([identifier, 202, '']);
    }
    const messages = await sentAfterAll();
    expect(messages.filter(({ to }) => silent.includes(to))).toEqual([]);
    const tokens = await cluster.a.sql('SELECT id FROM password_reset WHERE user_id = ANY($1::int[])', [
      [unverified.id, disabled.id, deleted.id],
    ]);
    expect(tokens).toEqual([]);
  });

  it('S28: neither the request nor its job knows a token, and the database keeps only hashes', async () => {
    const user = await newUser();
    const token = await recover(user);
    expect(token).toMatch(/^pr_[A-Za-z0-9_-]{43}$/);
    const [row] = await cluster.a.sql<{ text: string }>(
      `SELECT (SELECT string_agg(o::text, ' ') FROM outbox o) || (SELECT string_agg(a::text, ' ') FROM audit_log a)
         || (SELECT string_agg(r::text, ' ') FROM password_reset r) AS text`,
    );
    expect(row?.text).toContain(user.email);
    expect(row?.text).not.toContain(token.slice(3));
  });
});

describe('the link', () => {
  const EVIL = 'evil.example';
  const variants: Readonly<Record<string, Record<string, string>>> = {
    Host: { host: EVIL },
    'Host with a port': { host: `${EVIL}:8443` },
    'Host with userinfo': { host: `gatehouse.test@${EVIL}` },
    'X-Forwarded-Host': { 'x-forwarded-host': EVIL },
    'a list in X-Forwarded-Host': { 'x-forwarded-host': `${EVIL}, gatehouse.test` },
    'X-Forwarded-Proto': { 'x-forwarded-proto': 'ftp' },
    'X-Forwarded-Port': { 'x-forwarded-port': '6666' },
    'X-Forwarded-Server': { 'x-forwarded-server': EVIL },
    'X-Host': { 'x-host': EVIL },
    Forwarded: { forwarded: `for=1.2.3.4;host=${EVIL};proto=ftp` },
    'Origin and Referer': { origin: `http://${EVIL}`, referer: `http://${EVIL}/x` },
    'X-Original-URL': { 'x-original-url': `http://${EVIL}/`, 'x-rewrite-url': `http://${EVIL}/` },
  };

  it.each(Object.entries(variants))(
    'S53, G9: keeps the configured address against %s',
    async (_, headers) => {
      const user = await newUser();
      const letter = await letterTo(both, user.email, () => forgot(user.email, headers));
      expect(letter.link).toMatch(/^http:\/\/gatehouse\.test\/recovery\/password#token=pr_[\w-]{43}$/);
      const origins = `${letter.text} ${letter.html ?? ''}`.match(/[a-z]+:\/\/[^/"\s]+/g);
      expect(new Set(origins)).toEqual(new Set([BASE]));
    },
  );

  it('S53: keeps the configured address against an absolute request line', async () => {
    const user = await newUser();
    const body = JSON.stringify({ identifier: user.email });
    const letter = await letterTo(both, user.email, () =>
      sendRaw(
        cluster.a.api.base,
        `POST http://${EVIL}/api/v1/auth/password/forgot HTTP/1.1\r\nHost: ${EVIL}\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      ),
    );
    expect(letter.link?.startsWith(`${BASE}/recovery/password#token=`)).toBe(true);
  });

  it('S53: of an invitation leads to the page of invitations', async () => {
    const email = cluster.a.factory.email();
    const letter = await letterTo(both, email, async () =>
      cluster.a.api.post('/users', {
        token: admin.token,
        body: { firstName: 'Ada', email, roleId: await cluster.a.factory.roleId('User') },
        headers: { host: EVIL },
      }),
    );
    expect(letter.link).toMatch(/^http:\/\/gatehouse\.test\/invitation#token=pr_/);
  });

  it('S54: is good for 15 minutes by the clock of the database', async () => {
    const user = await newUser();
    const token = await recover(user);
    const rows = await cluster.a.sql(
      `SELECT expires_at - created_at BETWEEN interval '14:59' MINUTE TO SECOND AND interval '15:01' MINUTE TO SECOND AS quarter
       FROM password_reset WHERE user_id = $1`,
      [user.id],
    );
    expect(rows).toEqual([{ quarter: true }]);
    await cluster.a.sql(`UPDATE password_reset SET expires_at = now() WHERE user_id = $1`, [user.id]);
    expect((await reset(token)).status).toBe(400);
  });

  it('S54, G2: works once of 20 times at once', async () => {
    const user = await newUser();
    const token = await recover(user);
    const answers = await together(20, (index) => {
      const { api } = index % 2 === 0 ? cluster.a : cluster.b;
      return api.post('/auth/password/reset', { body: { token, newPassword: `passphrase number ${index}` } });
    });
    expect(tally(answers.map(({ status }) => status))).toEqual({ 204: 1, 400: 19 });
    const winner = answers.findIndex(({ status }) => status === 204);
    expect((await login(cluster.a.api, user.email, `passphrase number ${winner}`)).status).toBe(200);
  });

  it('S54: is ended by a newer request, also of many at once', async () => {
    const user = await newUser();
    const first = await recover(user);
    const second = await recover(user);
    expect((await reset(first)).status).toBe(400);
    await together(5, () => forgot(user.email));
    await sentAfterAll();
    const open = await cluster.a.sql(
      'SELECT id FROM password_reset WHERE user_id = $1 AND used_at IS NULL AND deleted_at IS NULL',
      [user.id],
    );
    expect(open).toHaveLength(1);
    expect((await reset(second)).status).toBe(400);
  });

  it.each<[string, (user: TestUser) => Promise<unknown>]>([
    [
      'a change of the password',
      async ({ email }) => {
        const { access } = await signIn(cluster.a.api, email);
        const body = { currentPassword: PASSWORD, newPassword: 'another paper lantern' };
        await cluster.a.api.post('/auth/password/change', { token: access, body });
      },
    ],
    [
      'disabling, also once enabled again',
      async (user) => {
        await setState(user, false);
        await setState(user, true);
      },
    ],
    [
      'deletion, also once restored',
      async ({ id }) => {
        await cluster.a.api.delete(`/users/${id}`, { token: admin.token });
        await cluster.a.api.post(`/users/${id}/restore`, { token: admin.token });
      },
    ],
    [
      'the removal of the address it went to',
      ({ id }) => cluster.a.sql('UPDATE user_identity SET deleted_at = now() WHERE user_id = $1', [id]),
    ],
  ])('S54, S56: is ended by %s', async (_, change) => {
    const user = await newUser();
    const token = await recover(user);
    await change(user);
    const answer = await reset(token);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_reset_token']);
  });
});

describe('a reset', () => {
  it('S55: ends every session, whatever the client sends, signs nobody in and tells the owner', async () => {
    const user = await newUser();
    const [home, phone] = [await signIn(cluster.a.api, user.email), await signIn(cluster.b.api, user.email)];
    const token = await recover(user);
    const answer = await cluster.a.api.post('/auth/password/reset', {
      token: home.access,
      body: { token, newPassword: NEXT },
      headers: { cookie: home.cookie },
    });
    expect([answer.status, answer.text, answer.headers['set-cookie']]).toEqual([204, '', undefined]);
    for (const { access, refresh: token_ } of [home, phone]) {
      expect(await statusOf(cluster.b.api, access)).toBe(401);
      expect((await refresh(cluster.a.api, token_)).status).toBe(401);
    }
    expect((await login(cluster.a.api, user.email, PASSWORD)).status).toBe(401);
    expect((await login(cluster.a.api, user.email, NEXT)).status).toBe(200);
    const notices = (await sentAfterAll()).filter(
      (message) => message.to === user.email && !('link' in message),
    );
    expect(notices).toHaveLength(1);
  });

  it('S55: takes no word of the client on what to spare', async () => {
    const user = await newUser();
    const { sessionId, access } = await signIn(cluster.a.api, user.email);
    const token = await recover(user);
    const body = { token, newPassword: NEXT, deviceId: 'mine', sessionId, keepSessions: true };
    expect((await cluster.a.api.post('/auth/password/reset', { body })).status).toBe(400);
    expect((await reset(token)).status).toBe(204);
    expect(await statusOf(cluster.a.api, access)).toBe(401);
  });

  it('S16, G6: lets the owner of a locked account in on a device never seen before', async () => {
    const user = await newUser();
    await together(10, () => login(cluster.a.api, user.email, 'not the right password'));
    expect((await login(cluster.b.api, user.email)).status).toBe(401);
    expect((await reset(await recover(user))).status).toBe(204);
    expect((await login(cluster.b.api, user.email, NEXT)).status).toBe(200);
  });

  it('S14, S56, S75: is refused to a user disabled or deleted after the link was sent, and revives neither', async () => {
    const [disabled, deleted] = [await newUser(), await newUser()];
    const tokens = [await recover(disabled), await recover(deleted)];
    await setState(disabled, false);
    await cluster.a.api.delete(`/users/${deleted.id}`, { token: admin.token });
    for (const token of tokens) expect((await reset(token)).status).toBe(400);
    for (const { email } of [disabled, deleted])
      expect((await login(cluster.a.api, email, NEXT)).status).toBe(401);
    const rows = await cluster.a.sql(
      'SELECT is_active, deleted_at IS NOT NULL AS deleted FROM "user" WHERE id = ANY($1::int[]) ORDER BY id',
      [[disabled.id, deleted.id]],
    );
    expect(rows).toEqual([
      { is_active: false, deleted: false },
      { is_active: true, deleted: true },
    ]);
  });

  it('and a deletion at the same time wait for each other in one direction only', async () => {
    const user = await newUser();
    const token = await recover(user);
    // The reset has something to change there, too.
    await cluster.a.sql('UPDATE user_identity SET is_verified = false WHERE user_id = $1', [user.id]);
    await whileHolding(cluster.a, async (locks) => {
      // As a deletion does it: the user, what they are known by, what they sign in with.
      await locks.query('SELECT 1 FROM "user" WHERE id = $1 FOR NO KEY UPDATE', [user.id]);
      await locks.query('UPDATE user_identity SET deleted_at = NULL WHERE user_id = $1', [user.id]);
      const answer = reset(token);
      await waiting(cluster.a, 1);
      await locks.query('SELECT 1 FROM user_auth WHERE user_id = $1 FOR NO KEY UPDATE', [user.id]);
      await locks.query('COMMIT');
      expect((await answer).status).toBe(204);
    });
  });

  it('S57: an administrator starts one, and neither sees nor sets a password', async () => {
    const user = await newUser();
    const path = `/users/${user.id}/password-reset`;
    let text = '';
    const letter = await letterTo(both, user.email, async () => {
      text = (await cluster.a.api.post(path, { token: admin.token })).text;
    });
    expect(text).toBe('');
    expect(tokenOf(letter)).toMatch(/^pr_/);
    const setting = { firstName: 'Ada', password: NEXT };
    const patched = await cluster.a.api.patch(`/users/${user.id}`, { token: admin.token, body: setting });
    expect(patched.status).toBe(400);
  });

  it('S30: goes to no address that is not proved once another is, and one sent there before is worth nothing', async () => {
    const [email, mobile] = [cluster.a.factory.email(), '+4915123450302'];
    const body = { firstName: 'Ada', roleId: await cluster.a.factory.roleId('User'), email, mobile };
    let id: unknown;
    const token = await tokenTo(both, email, async () => {
      ({ id } = (await cluster.a.api.post('/users', { token: admin.token, body })).body);
    });
    await cluster.a.sql('UPDATE user_identity SET is_verified = true WHERE value = $1', [mobile]);
    expect((await reset(token)).status).toBe(400);
    await tokenTo(both, mobile, () =>
      cluster.a.api.post(`/users/${String(id)}/password-reset`, { token: admin.token }),
    );
  });

  it('an invitation of somebody disabled or deleted before it was sent is not sent', async () => {
    const user = await newUser();
    await setState(user, false);
    const sent = await cluster.a.api.post(`/users/${user.id}/password-reset`, { token: admin.token });
    expect(sent.status).toBe(202);
    const messages = await sentAfterAll();
    expect(messages.filter(({ to }) => to === user.email)).toEqual([]);
    const tokens = await cluster.a.sql('SELECT id FROM password_reset WHERE user_id = $1', [user.id]);
    expect(tokens).toEqual([]);
  });
});

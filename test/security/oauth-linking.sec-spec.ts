import { PasswordHasher } from '../../src/platform/security/password-hasher.js';
import { type Cluster, startCluster, tally, together } from '../support/cluster.js';
import { Browser, exchange } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD } from '../support/factory.js';
import { runScheduled } from '../support/jobs.js';
import { OidcProvider } from '../support/oauth-provider.js';
import { login, statusOf } from '../support/tokens.js';

let trusted: OidcProvider;
let stranger: OidcProvider;
let cluster: Cluster;

beforeAll(async () => {
  [trusted, stranger] = await Promise.all([OidcProvider.start(), OidcProvider.start()]);
  const entries = [trusted.entry('trusted', { trustEmail: true }), stranger.entry('stranger')];
  cluster = await startCluster({ OAUTH_PROVIDERS: JSON.stringify(entries) });
});
afterAll(() => Promise.all([cluster.close(), trusted.stop(), stranger.stop()]));

const t = () => cluster.a;
const newSubject = () => t().factory.unique('subject');

/** Somebody signs in through a provider, as the provider describes them. */
async function arrive(provider: 'trusted' | 'stranger', person: Record<string, unknown>) {
  (provider === 'trusted' ? trusted : stranger).person = { sub: newSubject(), ...person };
  const answer = await exchange(t().api, await new Browser(t().api).go(provider));
  const token = answer.body.access_token;
  const me = answer.status === 200 ? (await t().api.get('/users/me', { token })).body : null;
  return { status: answer.status, problem: answer.body.code, me, token };
}

async function insertUser(): Promise<number> {
  const [row] = await t().sql<{ id: number }>(
    `INSERT INTO "user" (first_name, role_id) VALUES ('Prepared', $1) RETURNING id`,
    [await t().factory.roleId('User')],
  );
  return row?.id ?? 0;
}

async function insertContact(
  userId: number,
  value: string,
  { verified = false, primary = false, type = 'email' } = {},
): Promise<void> {
  await t().sql(
    'INSERT INTO user_identity (user_id, type, value, is_verified, is_primary) VALUES ($1, $2, $3, $4, $5)',
    [userId, type, value, verified, primary],
  );
}

async function insertPassword(userId: number, username: string | null = null): Promise<void> {
  const hash = await t().app.get(PasswordHasher).hash(PASSWORD);
  await t().sql('INSERT INTO user_auth (user_id, username, password_hash) VALUES ($1, $2, $3)', [
    userId,
    username,
    hash,
  ]);
}

/** What was written to an address, from either instance. */
const letters = (to: string) =>
  [cluster.a, cluster.b]
    .flatMap(({ mailbox }) => mailbox.list())
    .filter((message) => message.to === to)
    .map(({ subject }) => subject);

const identitiesOf = (userId: number) =>
  t().sql<{ type: string; value: string }>(
    'SELECT type, value FROM user_identity WHERE user_id = $1 AND deleted_at IS NULL ORDER BY type',
    [userId],
  );

describe('joining a local account', () => {
  it('S58: happens when a trusted provider and this service have both verified the address', async () => {
    const user = await t().factory.user({ signIn: false });
    const { me } = await arrive('trusted', { email: user.email, email_verified: true });
    expect(me?.id).toBe(user.id);
    expect((await login(t().api, user.email)).status).toBe(200);
    await eventually(() => letters(user.email).length > 0);
    expect(letters(user.email)).toEqual(['A new way to sign in was added']);
  });

  it('S58: is told to the owner when somebody signed in has asked for it, too', async () => {
    const user = await t().factory.user();
    trusted.person = { sub: newSubject() };
    const { code, verifier } = await new Browser(t().api).go('trusted');
    const body = { code, code_verifier: verifier };
    const linked = await t().api.post('/users/me/identities/oauth', { token: user.token, body });
    expect(linked.status).toBe(204);
    await eventually(() => letters(user.email).length > 0);
    expect(letters(user.email)).toEqual(['A new way to sign in was added']);
  });

  it.each([
    ['false', { email_verified: false }],
    ['left out', {}],
    ['the text "yes"', { email_verified: 'yes' }],
    ['a number', { email_verified: 1 }],
    ['a list', { email_verified: [true] }],
    ['null', { email_verified: null }],
  ])('S58, S60, G15: needs true of the provider, not %s', async (_, claim) => {
    const user = await t().factory.user({ signIn: false });
    const { me } = await arrive('trusted', { email: user.email, ...claim });
    expect(me).toMatchObject({ email: null });
    expect(me?.id).not.toBe(user.id);
    expect((await identitiesOf(user.id)).map(({ type }) => type)).toEqual(['email']);
  });

  it('F22, S60: takes the word "true" for it, as Apple and Cognito say it', async () => {
    const user = await t().factory.user({ signIn: false });
    const { me } = await arrive('trusted', { email: user.email, email_verified: 'true' });
    expect(me?.id).toBe(user.id);
  });

  it('S58: needs a provider that is trusted with addresses', async () => {
    const user = await t().factory.user({ signIn: false });
    const { me } = await arrive('stranger', { email: user.email, email_verified: true });
    expect(me).toMatchObject({ email: null });
    expect(me?.id).not.toBe(user.id);
  });

  it('A19, S58: tells nobody who has not proved an address whose it is', async () => {
    const user = await t().factory.user({ signIn: false });
    const known = await arrive('stranger', { email: user.email, email_verified: true });
    const unknown = await arrive('stranger', { email: t().factory.email(), email_verified: true });
    expect([known.status, known.me?.email]).toEqual([unknown.status, unknown.me?.email]);
    expect(Object.keys(known.me ?? {})).toEqual(Object.keys(unknown.me ?? {}));
  });

  it('S58: is done by the provider and its subject from then on, whatever the address says', async () => {
    const [user, other] = [await t().factory.user(), await t().factory.user()];
    const sub = newSubject();
    await arrive('trusted', { sub, email: user.email, email_verified: true });
    expect((await arrive('trusted', { sub, email: other.email, email_verified: true })).me?.id).toBe(user.id);
    const elsewhere = await arrive('stranger', { sub });
    expect(elsewhere.me?.id).not.toBe(user.id);
  });

  it('S58: tells subjects apart by every byte', async () => {
    const sub = newSubject();
    const ids = new Set<unknown>();
    for (const variant of [sub, sub.toUpperCase(), `${sub}.`, `${sub}0`])
      ids.add((await arrive('trusted', { sub: variant })).me?.id);
    expect(ids.size).toBe(4);
  });

  it('S58: gives one user to many first sign-ins at once', async () => {
    const email = t().factory.email();
    trusted.person = { sub: newSubject(), email, email_verified: true };
    const returned = await together(10, () => new Browser(t().api).go('trusted'));
    const answers = await Promise.all(
      returned.map((one, index) => exchange(index % 2 ? cluster.a.api : cluster.b.api, one)),
    );
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 10 });
    const users = await t().sql('SELECT DISTINCT user_id FROM user_identity WHERE value = ANY($1)', [
      [email, trusted.person.sub],
    ]);
    expect(users.length).toBe(1);
  });
});

describe('a provider account that its user has removed', () => {
  async function removed() {
    const user = await t().factory.user();
    const person = { sub: newSubject(), email: user.email, email_verified: true };
    const joined = await arrive('trusted', person);
    const [identity] = await t().sql<{ id: number }>(
      `SELECT id FROM user_identity WHERE user_id = $1 AND type = 'oauth'`,
      [user.id],
    );
    const path = `/users/me/identities/${identity?.id}`;
    expect((await t().api.delete(path, { token: user.token })).status).toBe(204);
    return { user, person, joined };
  }

  it('A14, S109: ends the sessions it has opened, on every instance, and no others', async () => {
    const { user, joined } = await removed();
    for (const { api } of [cluster.a, cluster.b]) {
      expect([await statusOf(api, joined.token), await statusOf(api, user.token)]).toEqual([401, 200]);
    }
  });

  it('A14, S109: is not joined again by its address, not even after the purge', async () => {
    const { user, person } = await removed();
    const again = await arrive('trusted', person);
    expect([again.status, again.problem]).toEqual([409, 'oauth_link_required']);
    await t().sql(
      `UPDATE user_identity SET deleted_at = now() - interval '1 year' WHERE user_id = $1 AND type = 'oauth'`,
      [user.id],
    );
    await runScheduled(t(), 'identities.purge');
    expect((await arrive('trusted', person)).problem).toBe('oauth_link_required');
  });

  it('A14, S109: signs in again once its user has linked it', async () => {
    const { user, person } = await removed();
    trusted.person = person;
    const { code, verifier } = await new Browser(t().api).go('trusted');
    const body = { code, code_verifier: verifier };
    const linked = await t().api.post('/users/me/identities/oauth', { token: user.token, body });
    expect(linked.status).toBe(204);
    expect((await arrive('trusted', person)).me?.id).toBe(user.id);
  });
});

describe('an account that somebody prepared for its owner', () => {
  it('S58, G15: 1: a claim to the address is no account; the owner gets one of their own', async () => {
    const victim = t().factory.email();
    const attacker = await t().factory.user();
    await insertContact(attacker.id, victim);
    const { me } = await arrive('trusted', { email: victim, email_verified: true });
    expect(me).toMatchObject({ email: victim });
    expect(me?.id).not.toBe(attacker.id);
    expect((await identitiesOf(attacker.id)).map(({ value }) => value)).toEqual([attacker.email]);
  });

  it('S58, G15: 2: sessions and passwords from before the owner came are worth nothing', async () => {
    const victim = t().factory.email();
    const username = t().factory.unique('prepared');
    const invited = await insertUser();
    await insertPassword(invited, username);
    await insertContact(invited, victim, { primary: true });
    const attacker = await login(t().api, username);
    expect(attacker.status).toBe(200);
    const [contact] = await t().sql<{ id: number }>('SELECT id FROM user_identity WHERE value = $1', [
      victim,
    ]);
    await t().sql(
      `INSERT INTO password_reset (user_id, identity_id, purpose, token_hash, expires_at)
       VALUES ($1, $2, 'invitation', sha256('prepared'), now() + interval '1 day')`,
      [invited, contact?.id],
    );
    const owner = await arrive('trusted', { email: victim, email_verified: true });
    expect(owner.me).toMatchObject({ id: invited, email: victim });
    expect(await statusOf(t().api, attacker.body.access_token)).toBe(401);
    expect((await login(t().api, username)).status).toBe(401);
    const [reset] = await t().sql<{ open: boolean }>(
      'SELECT deleted_at IS NULL AS open FROM password_reset WHERE user_id = $1',
      [invited],
    );
    expect(reset?.open).toBe(false);
    expect(await statusOf(t().api, owner.token)).toBe(200);
  });

  it.each([
    [
      'a mobile number',
      (id: number) => insertContact(id, '+4915123450001', { verified: true, type: 'mobile' }),
    ],
    [
      'an account at a provider',
      (id: number) =>
        t().sql(
          `INSERT INTO user_identity (user_id, type, value, oauth_provider, is_verified, is_primary)
           VALUES ($1, 'oauth', 'the-attacker', 'trusted', NULL, NULL)`,
          [id],
        ),
    ],
  ])('S58, G15: 3: is not joined if somebody has proved %s of theirs on it', async (_, prove) => {
    const victim = t().factory.email();
    const prepared = await insertUser();
    await insertContact(prepared, victim, { primary: true });
    await prove(prepared);
    const answer = await arrive('trusted', { email: victim, email_verified: true });
    expect([answer.status, answer.problem]).toEqual([409, 'oauth_link_required']);
  });

  it('S58, G15: 4: a change of address that is still pending ends when the owner comes', async () => {
    const victim = t().factory.email();
    const attacker = await t().factory.user();
    await insertContact(attacker.id, victim);
    const owner = await arrive('trusted', { email: victim, email_verified: true });
    const rows = await t().sql<{ userId: number }>(
      `SELECT user_id AS "userId" FROM user_identity WHERE value = $1 AND deleted_at IS NULL`,
      [victim],
    );
    expect(rows).toEqual([{ userId: owner.me?.id }]);
    const events = await t().sql<{ type: string }>(
      `SELECT type FROM outbox WHERE NOT is_job AND type LIKE 'identity.%' AND payload->>'userId' = $1`,
      [String(attacker.id)],
    );
    expect(events).toEqual([{ type: 'identity.removed' }]);
  });

  it('S58, G15: 5: a provider that verifies nothing opens no account with the address and gives none away', async () => {
    const victim = t().factory.email();
    const attacker = await arrive('stranger', { email: victim, email_verified: true });
    expect(attacker.me?.email).toBeNull();
    const owner = await arrive('trusted', { email: victim, email_verified: true });
    expect(owner.me).toMatchObject({ email: victim });
    expect(owner.me?.id).not.toBe(attacker.me?.id);
  });

  it('S58: leaves the claim of somebody else alone while nothing is proved', async () => {
    const victim = t().factory.email();
    const claimant = await t().factory.user();
    await insertContact(claimant.id, victim);
    expect((await arrive('stranger', { email: victim, email_verified: true })).me?.email).toBeNull();
    expect((await identitiesOf(claimant.id)).map(({ value }) => value)).toContain(victim);
  });
});

describe('who may not sign in', () => {
  it('S14: is refused when disabled, whether before or between the provider and the exchange', async () => {
    const user = await t().factory.user();
    const person = { sub: newSubject(), email: user.email, email_verified: true };
    await arrive('trusted', person);
    trusted.person = person;
    const returned = await new Browser(t().api).go('trusted');
    await t().sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);
    const during = await exchange(t().api, returned);
    expect([during.status, during.body.code]).toEqual([403, 'oauth_sign_in_refused']);
    expect((await arrive('trusted', person)).problem).toBe('oauth_sign_in_refused');
    const failures = await t().sql(
      `SELECT details FROM audit_log WHERE action = 'auth.oauth_login' AND subject_id = $1`,
      [String(user.id)],
    );
    expect(failures.length).toBe(2);
  });

  it('S14: is not linked while disabled', async () => {
    const user = await t().factory.user();
    await t().sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);
    const answer = await arrive('trusted', { email: user.email, email_verified: true });
    expect(answer.problem).toBe('oauth_sign_in_refused');
    expect((await identitiesOf(user.id)).map(({ type }) => type)).toEqual(['email']);
  });

  it('S14: is let in while strangers have locked the password', async () => {
    const user = await t().factory.user({ signIn: false });
    await t().sql(
      `UPDATE user_auth SET account_locked_until = now() + interval '1 hour' WHERE user_id = $1`,
      [user.id],
    );
    expect((await arrive('trusted', { email: user.email, email_verified: true })).status).toBe(200);
  });

  it('S75: comes back as somebody new after being deleted, with nothing of what they were', async () => {
    const user = await t().factory.user();
    const admin = await t().factory.superAdmin();
    const person = { sub: newSubject(), email: user.email, email_verified: true };
    await arrive('trusted', person);
    trusted.person = person;
    const returned = await new Browser(t().api).go('trusted');
    expect((await t().api.delete(`/users/${user.id}`, { token: admin.token })).status).toBe(204);
    const during = await exchange(t().api, returned);
    const { body: me } = await t().api.get('/users/me', { token: during.body.access_token });
    expect(me.id).not.toBe(user.id);
    expect(
      await t().sql('SELECT 1 FROM session WHERE user_id = $1 AND revoked_at IS NULL', [user.id]),
    ).toEqual([]);
  });
});

import { traces } from './traces.js';
import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD } from '../support/factory.js';
import { codeTo, drain, messagesTo, messageTo, wrong } from '../support/jobs.js';
import { waiting, whileHolding } from '../support/locks.js';
import { login } from '../support/tokens.js';
import { type Problem, tally } from './shapes.js';

let service: TestApp;
beforeAll(async () => {
  // Without workers: the tests do the work of the background themselves, when they want it done.
  service = await startApp({ env: { WORKER: 'off' } });
});
afterAll(() => service.close());

const register = (contact: object, more: object = {}) =>
  service.api.post<{ challengeId: string } & Problem>('/auth/register', {
    body: { firstName: 'Ada', password: PASSWORD, ...contact, ...more },
  });
const verify = (challengeId: string, code: string) =>
  service.api.post<Problem>('/auth/verify', { body: { challengeId, code } });

/** The account as the database has it. */
const accounts = (value: string) =>
  service.sql<{ id: number; role: string; language: string; isVerified: boolean; isPrimary: boolean }>(
    `SELECT u.id, r.name AS role, u.language, i.is_verified AS "isVerified", i.is_primary AS "isPrimary"
     FROM user_identity i JOIN "user" u ON u.id = i.user_id JOIN role r ON r.id = u.role_id
     WHERE i.value = $1 AND i.deleted_at IS NULL AND u.deleted_at IS NULL`,
    [value],
  );

describe('POST auth/register and auth/verify', () => {
  it.each([
    ['an e-mail address', 'email', 'Grace@Example.COM', 'grace@example.com'],
    ['a mobile number', 'mobile', '+4915123456789', '+4915123456789'],
  ])('make an account with %s', async (_, field, given, stored) => {
    const asked = await register({ [field]: given }, { language: 'de', lastName: 'Hopper' });
    expect(asked.status).toBe(202);
    expect(Object.keys(asked.body)).toEqual(['challengeId']);
    expect(await accounts(stored)).toEqual([]);
    const code = await codeTo(service, stored);
    expect(code).toMatch(/^[0-9]{6}$/);
    expect((await verify(asked.body.challengeId, code)).status).toBe(204);
    expect(await accounts(stored)).toMatchObject([
      { role: 'User', language: 'de', isVerified: true, isPrimary: true },
    ]);
    expect((await login(service.api, given, PASSWORD)).status).toBe(200);
    expect(await service.sql('SELECT id FROM registration WHERE contact_value = $1', [stored])).toEqual([]);
  });

  it('S30: sign nobody in before the address is proved', async () => {
    const email = service.factory.email();
    await register({ email });
    await codeTo(service, email);
    expect((await login(service.api, email, PASSWORD)).status).toBe(401);
  });

  it('S5: refuse a password that is tried first, or made of what was given', async () => {
    for (const password of ['password1234', 'ada-user-anna1', 'too short', 'x'.repeat(129)]) {
      const email = 'user-anna1@example.com';
      const { status, body } = await register({ email }, { password });
      expect([password, status, body.code]).toEqual([password, 400, 'validation_failed']);
      expect(body.errors?.[0]?.field).toBe('password');
    }
  });

  it('take exactly one contact', async () => {
    for (const contact of [{}, { email: 'a@example.com', mobile: '+4915123456780' }]) {
      expect((await register(contact)).body.code).toBe('validation_failed');
    }
  });

  it('S9: tell the owner of a known address, and nobody else', async () => {
    const user = await service.factory.user();
    const asked = await register({ email: user.email }, { password: 'paper lantern over water' });
    expect(asked.status).toBe(202);
    const [message] = await messagesTo(service, user.email);
    expect(message).toMatchObject({ link: 'http://gatehouse.test/recovery' });
    expect(message?.code).toBeUndefined();
    expect((await login(service.api, user.email, PASSWORD)).status).toBe(200);
    expect((await verify(asked.body.challengeId, '000000')).body.code).toBe('invalid_code');
    expect(await accounts(user.email)).toHaveLength(1);
  });

  it('S73, S75: give a deleted address to whoever proves it, as a new account', async () => {
    const admin = await service.factory.superAdmin();
    const user = await service.factory.user();
    await service.api.delete(`/users/${user.id}`, { token: admin.token });
    const asked = await register({ email: user.email });
    expect((await verify(asked.body.challengeId, await codeTo(service, user.email))).status).toBe(204);
    const [account] = await accounts(user.email);
    expect(account?.id).not.toBe(user.id);
    const restored = await service.api.post<Problem>(`/users/${user.id}/restore`, { token: admin.token });
    expect([restored.status, restored.body.code]).toEqual([409, 'identity_taken']);
  });

  it('S9: hand an invited user the account, and void the invitation', async () => {
    const admin = await service.factory.superAdmin();
    const email = service.factory.email();
    const roleId = await service.factory.roleId('Staff');
    const created = await service.api.post<{ id: number }>('/users', {
      token: admin.token,
      body: { firstName: 'Ada', roleId, email },
    });
    const invitation = await messageTo(service, email);
    const asked = await register({ email });
    expect((await verify(asked.body.challengeId, await codeTo(service, email))).status).toBe(204);
    expect(await accounts(email)).toMatchObject([{ id: created.body.id, role: 'Staff', isVerified: true }]);
    expect((await login(service.api, email, PASSWORD)).status).toBe(200);
    const reset = await service.api.post('/auth/password/reset', {
      body: { token: invitation.code ?? 'none', newPassword: 'paper lantern over water' },
    });
    expect(reset.status).toBe(400);
  });

  it('hand an invited user the account once, of an address and a number proved at the same time', async () => {
    const admin = await service.factory.superAdmin();
    const [email, mobile] = [service.factory.email(), '+4915123450301'];
    const body = { firstName: 'Ada', roleId: await service.factory.roleId('Staff'), email, mobile };
    const { id } = (await service.api.post('/users', { token: admin.token, body })).body;
    const asked = [await register({ email }), await register({ mobile })];
    const codes = [await codeTo(service, email), await codeTo(service, mobile)];
    await whileHolding(service, async (locks) => {
      await locks.query('SELECT 1 FROM "user" WHERE id = $1 FOR NO KEY UPDATE', [id]);
      const answers = asked.map((one, index) => verify(one.body.challengeId, codes[index] ?? ''));
      await waiting(service, 2);
      await locks.query('COMMIT');
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([204, 204]);
    });
    const owners = [...(await accounts(email)), ...(await accounts(mobile))].map(({ role }) => role);
    expect(owners.toSorted()).toEqual(['Staff', 'User']);
  });

  it('do not hand anybody the account of somebody by an address never proved', async () => {
    const user = await service.factory.user();
    const email = service.factory.email();
    await service.sql(
      `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary) VALUES ($1, 'email', $2, false, false)`,
      [user.id, email],
    );
    const asked = await register({ email });
    expect((await verify(asked.body.challengeId, await codeTo(service, email))).status).toBe(204);
    const [account] = await accounts(email);
    expect(account?.id).not.toBe(user.id);
    expect((await login(service.api, user.email, PASSWORD)).status).toBe(200);
  });

  it('take a code once, and none of another registration', async () => {
    const [one, two] = [service.factory.email(), service.factory.email()];
    const [first, second] = [await register({ email: one }), await register({ email: two })];
    const code = await codeTo(service, one);
    const other = await codeTo(service, two);
    if (code !== other) expect((await verify(second.body.challengeId, code)).body.code).toBe('invalid_code');
    expect((await verify(first.body.challengeId, wrong(code))).body.code).toBe('invalid_code');
    expect((await verify(first.body.challengeId, code)).status).toBe(204);
    expect((await verify(first.body.challengeId, code)).body.code).toBe('invalid_code');
  });

  it('S77: record the right code that came after somebody else had taken the address', async () => {
    const email = service.factory.email();
    const asked: string[] = [];
    const codes: string[] = [];
    for (const _ of [1, 2]) {
      asked.push((await register({ email })).body.challengeId);
      codes.push(await codeTo(service, email));
      await service.sql('UPDATE send_budget SET last_sent_at = NULL');
    }
    expect((await verify(asked[0] ?? '', codes[0] ?? '')).status).toBe(204);
    const late = await traces(service, () => verify(asked[1] ?? '', codes[1] ?? ''));
    expect(late.result.body.code).toBe('invalid_code');
    expect(late.audit).toMatchObject([{ action: 'otp.failed', outcome: 'failure' }]);
  });

  it('G2: make one account of two registrations that are proved at the same time', async () => {
    const email = service.factory.email();
    const challenges: string[] = [];
    const codes: string[] = [];
    for (const _ of [1, 2]) {
      challenges.push((await register({ email })).body.challengeId);
      codes.push(await codeTo(service, email));
      await service.sql('UPDATE send_budget SET last_sent_at = NULL');
    }
    const answers = await Promise.all(challenges.map((id, index) => verify(id, codes[index] ?? '')));
    expect(tally(answers)).toEqual({ 204: 1, 400: 1 });
    expect(await accounts(email)).toHaveLength(1);
  });
});

describe('with workers', () => {
  let working: TestApp;
  beforeAll(async () => {
    await drain(service);
    working = await startApp({ databaseUrl: service.databaseUrl });
  });
  afterAll(() => working.close());

  it('S28: a registration is answered in the background, and its code is in no table, queues included', async () => {
    const email = service.factory.email();
    const asked = await working.api.post<{ challengeId: string }>('/auth/register', {
      body: { firstName: 'Ada', email, password: PASSWORD },
    });
    const { code = '' } = await working.messageTo(email);
    const tables = await service.sql<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    expect(tables.length).toBeGreaterThan(20);
    for (const { name } of tables) {
      const rows = await service.sql<{ text: string }>(`SELECT t::text AS text FROM ${name} t`);
      const holding = rows.filter(({ text }) => new RegExp(`(?<![\\w.-])${code}(?![\\w.-])`).test(text));
      expect([name, holding]).toEqual([name, []]);
    }
    const proof = { body: { challengeId: asked.body.challengeId, code } };
    expect((await working.api.post('/auth/verify', proof)).status).toBe(204);
  });
});

describe('without registration', () => {
  let closed: TestApp;
  beforeAll(async () => {
    closed = await startApp({
      databaseUrl: service.databaseUrl,
      env: { REGISTRATION_ENABLED: 'false', WORKER: 'off' },
    });
  });
  afterAll(() => closed.close());

  it('S62: nobody asks for an account', async () => {
    const { status, body } = await closed.api.post<Problem>('/auth/register', {
      body: { firstName: 'Ada', email: service.factory.email(), password: PASSWORD },
    });
    expect([status, body.code]).toEqual([403, 'registration_disabled']);
  });

  it('S62: nobody completes what they began before it was switched off, or is sent a code for it', async () => {
    const [late, early] = [service.factory.email(), service.factory.email()];
    const { challengeId } = (await register({ email: early })).body;
    const code = await codeTo(service, early);
    const refused = await closed.api.post<Problem>('/auth/verify', { body: { challengeId, code } });
    expect([refused.status, refused.body.code]).toEqual([400, 'invalid_code']);
    expect(await accounts(early)).toEqual([]);
    await register({ email: late });
    expect(await messagesTo(closed, late)).toEqual([]);
  });
});

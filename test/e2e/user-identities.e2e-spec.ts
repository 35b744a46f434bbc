import { startApp, type TestApp } from '../support/app.js';
import type { TestUser } from '../support/factory.js';
import { codeTo, messagesTo } from '../support/jobs.js';
import { tokenOf } from '../support/letters.js';
import { refusesStrangers } from './guarded.js';
import { NO_ID } from './requests.js';
import type { Page, Problem, User } from './shapes.js';
import { traces } from './traces.js';

interface Identity {
  readonly id: number;
  readonly type: string;
  readonly value: string | null;
  readonly isVerified: boolean;
  readonly isPrimary: boolean;
}

let service: TestApp;
let admin: TestUser;
beforeAll(async () => {
  service = await startApp({ env: { OTP_RESEND_SECONDS: '0', WORKER: 'off' } });
  admin = await service.factory.userWithAllBut('users.restore');
});
afterAll(() => service.close());

const pathOf = (userId: number, rest = '') => `/users/${userId}/identities${rest}`;
const list = async (userId: number, { token } = admin) =>
  (await service.api.get<{ items: Identity[] }>(pathOf(userId), { token })).body.items;
const add = (userId: number, body: object, { token } = admin) =>
  service.api.post<Identity & Problem>(pathOf(userId), { token, body });
const makePrimary = (userId: number, id: number, { token } = admin) =>
  service.api.post<Identity & Problem>(pathOf(userId, `/${id}/primary`), { token });
const remove = (userId: number, id: number, { token } = admin) =>
  service.api.delete<Problem>(pathOf(userId, `/${id}`), { token });

/** A contact of the user, claimed and then proved by the user alone. */
async function prove(user: TestUser, id: number, email: string): Promise<void> {
  const mine = `/users/me/identities/${id}`;
  const { body } = await service.api.post<{ challengeId: string }>(`${mine}/otp`, { token: user.token });
  const code = await codeTo(service, email);
  const { status } = await service.api.post(`${mine}/verify`, {
    token: user.token,
    body: { challengeId: body.challengeId, code },
  });
  expect(status).toBe(204);
}

/** Invited by this address, and not here yet. */
async function invited(email: string): Promise<number> {
  const body = { firstName: 'New', roleId: await service.factory.roleId('User'), email };
  return (await service.api.post<{ id: number }>('/users', { token: admin.token, body })).body.id;
}

describe.each([
  ['GET', ''],
  ['POST', ''],
  ['POST', '/1/primary'],
  ['DELETE', '/1'],
])('%s /users/{id}/identities%s', (method, rest) => {
  const body = method === 'POST' && rest === '' ? { email: 'x@example.com' } : undefined;
  refusesStrangers(() => service, { method, path: pathOf(NO_ID, rest), body }, 'users.update');

  it('answers 404 for a user who is not there', async () => {
    const request = { token: admin.token, ...(body && { body }) };
    const answer = await service.api.call<Problem>(method, pathOf(NO_ID, rest), request);
    expect([answer.status, answer.body.code]).toEqual([404, 'user_not_found']);
  });
});

describe('F26: an administrator', () => {
  it('adds a contact, which is good for nothing until its owner proves it; the owner is told at the old one', async () => {
    const user = await service.factory.user();
    const email = service.factory.email();
    const { result, audit, outbox } = await traces(service, () =>
      add(user.id, { email: email.toUpperCase() }),
    );
    expect(result.status).toBe(201);
    expect(result.body).toMatchObject({ type: 'email', value: email, isVerified: false, isPrimary: false });
    expect(audit).toMatchObject([{ action: 'identity.added', actor: admin.id }]);
    expect(outbox.map(({ type }) => type)).toEqual(['identity.added']);
    expect((await messagesTo(service, user.email))[0]?.subject).toBe('An address was added to your account');
    expect(await messagesTo(service, email)).toEqual([]);
    expect((await makePrimary(user.id, result.body.id)).body.code).toBe('not_verified');
    const login = { username: email, password: 'correct horse battery staple' };
    expect((await service.api.post('/auth/login', { body: login })).status).toBe(401);

    await prove(user, result.body.id, email);
    expect((await service.api.post('/auth/login', { body: login })).status).toBe(200);
  });

  it('chooses among what is proved, and removes the rest; the removed one is told as well', async () => {
    const user = await service.factory.user();
    const email = service.factory.email();
    const { body } = await add(user.id, { email });
    await prove(user, body.id, email);
    expect((await makePrimary(user.id, body.id)).body).toMatchObject({ value: email, isPrimary: true });
    const old = (await list(user.id)).find(({ value }) => value === user.email);
    const { result, audit } = await traces(service, () => remove(user.id, old?.id ?? 0));
    expect(result.status).toBe(204);
    expect(audit).toMatchObject([{ action: 'identity.removed', actor: admin.id }]);
    for (const to of [user.email, email])
      expect((await messagesTo(service, to))[0]?.subject).toBe('An address was removed from your account');
    expect((await remove(user.id, body.id)).body.code).toBe('last_way_in');
  });

  it('corrects the address of an invitation: the new one is where it goes, the old link is dead', async () => {
    const [typo, right] = [service.factory.email(), service.factory.email()];
    const userId = await invited(typo);
    const [lost] = await messagesTo(service, typo);
    const [wrong] = await list(userId);
    expect((await remove(userId, wrong?.id ?? 0)).body.code).toBe('last_way_in');
    expect((await add(userId, { email: right })).body).toMatchObject({ isVerified: false, isPrimary: true });
    expect((await remove(userId, wrong?.id ?? 0)).status).toBe(204);
    expect(await messagesTo(service, typo)).toHaveLength(1);

    const setPassword = async (link: string | undefined) =>
      service.api.post('/auth/password/reset', {
        body: { token: tokenOf({ link: link ?? '' }), newPassword: 'paper lantern over water' },
      });
    expect((await setPassword(lost?.link)).status).toBe(400);
    expect((await service.api.post(`/users/${userId}/password-reset`, { token: admin.token })).status).toBe(
      202,
    );
    const [letter] = await messagesTo(service, right);
    expect((await setPassword(letter?.link)).status).toBe(204);
    expect(await list(userId)).toMatchObject([{ value: right, isVerified: true, isPrimary: true }]);
  });

  it('acts on nobody whose role holds a privilege they lack', async () => {
    const boss = await service.factory.superAdmin();
    const [own] = await list(boss.id);
    const answers = [
      await add(boss.id, { email: service.factory.email() }),
      await makePrimary(boss.id, own?.id ?? 0),
      await remove(boss.id, own?.id ?? 0),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      answers.map(() => [403, 'privilege_not_held']),
    );
    expect(await list(boss.id)).toEqual([own]);
  });

  it.each([
    ['a proved address', ''],
    ['a username beside it', `UPDATE user_auth SET username = 'u' || user_id WHERE user_id = $1`],
    [
      'an account at a provider alone',
      `UPDATE user_identity SET type = 'oauth', oauth_provider = 'google', is_verified = NULL, is_primary = NULL
       WHERE user_id = $1`,
    ],
  ])('S57: gets hold of nobody’s account by what they add, where the user has %s', async (_, prepare) => {
    const user = await service.factory.user();
    if (prepare) await service.sql(prepare, [user.id]);
    const [proved] = await list(user.id);
    for (const body of [{ mobile: `+49151${10_000_000 + user.id}` }, { email: service.factory.email() }]) {
      const added = await add(user.id, body);
      expect(added.body).toMatchObject({ isVerified: false, isPrimary: false });
      expect((await makePrimary(user.id, added.body.id)).body.code).toBe('not_verified');
      expect((await remove(user.id, proved?.id ?? 0)).body.code).toBe('last_way_in');
      await service.api.post(`/users/${user.id}/password-reset`, { token: admin.token });
      expect(await messagesTo(service, Object.values(body)[0] ?? '')).toEqual([]);
    }
  });

  it('finds under a user only what is theirs', async () => {
    const [one, other] = [await service.factory.user(), await service.factory.user()];
    const [theirs] = await list(other.id);
    for (const answer of [await makePrimary(one.id, theirs?.id ?? 0), await remove(one.id, theirs?.id ?? 0)])
      expect([answer.status, answer.body.code]).toEqual([404, 'identity_not_found']);
    expect((await add(one.id, { email: other.email })).body.code).toBe('identity_taken');
  });

  it('does not make an own unproved contact the primary one: their own are as anybody else’s', async () => {
    const { body } = await add(admin.id, { mobile: '+4915199999901' });
    expect(body).toMatchObject({ isVerified: false, isPrimary: false });
    expect((await makePrimary(admin.id, body.id)).body.code).toBe('not_verified');
  });
});

describe('A15: a claim that is being proved', () => {
  it('is not ended by the mere claim of another user or an invitation, and is by whoever proves the contact', async () => {
    const [owner, stranger] = [await service.factory.user(), await service.factory.user()];
    const email = service.factory.email();
    const claim = (user: TestUser) =>
      service.api.post<Identity & Problem>('/users/me/identities', { token: user.token, body: { email } });
    const { body } = await claim(owner);
    const mine = `/users/me/identities/${body.id}`;
    const asked = await service.api.post<{ challengeId: string }>(`${mine}/otp`, { token: owner.token });
    const code = await codeTo(service, email);
    expect((await claim(stranger)).body.code).toBe('identity_taken');
    const invitation = { firstName: 'New', roleId: await service.factory.roleId('User'), email };
    expect((await service.api.post('/users', { token: admin.token, body: invitation })).status).toBe(409);
    const presented = { challengeId: asked.body.challengeId, code };
    expect((await service.api.post(`${mine}/verify`, { token: owner.token, body: presented })).status).toBe(
      204,
    );
  });

  it('gives way as any other once the code is out of date', async () => {
    const [idle, next] = [await service.factory.user(), await service.factory.user()];
    const email = service.factory.email();
    const claim = (user: TestUser) =>
      service.api.post<Identity & Problem>('/users/me/identities', { token: user.token, body: { email } });
    const { body } = await claim(idle);
    await service.api.post(`/users/me/identities/${body.id}/otp`, { token: idle.token });
    await codeTo(service, email);
    await service.sql(
      `UPDATE user_identity SET otp_generated_at = now() - interval '301 seconds' WHERE id = $1`,
      [body.id],
    );
    expect((await claim(next)).status).toBe(201);
  });
});

describe('a link to set a password that is out', () => {
  /** A user with two proved addresses, to one of whom a link has been sent. */
  async function withLink() {
    const user = await service.factory.user();
    const email = service.factory.email();
    const { body } = await service.api.post<Identity>('/users/me/identities', {
      token: user.token,
      body: { email },
    });
    await prove(user, body.id, email);
    await service.api.post(`/users/${user.id}/password-reset`, { token: admin.token });
    await messagesTo(service, user.email);
    return { user, id: body.id };
  }
  const isGood = async ({ user }: { user: TestUser }) =>
    (
      await service.sql<{ good: boolean }>(
        'SELECT deleted_at IS NULL AND used_at IS NULL AS good FROM password_reset WHERE user_id = $1',
        [user.id],
      )
    ).map(({ good }) => good);
  const lastEvent = async (type: string) =>
    (
      await service.sql<{ payload: object }>(
        'SELECT payload FROM outbox WHERE type = $1 ORDER BY id DESC LIMIT 1',
        [type],
      )
    )[0]?.payload;

  it.each<[string, (user: TestUser, id: number) => Promise<{ status: number }>]>([
    ['adds an address', (user) => add(user.id, { email: service.factory.email() })],
    ['makes another one the primary', (user, id) => makePrimary(user.id, id)],
    ['removes one', (user, id) => remove(user.id, id)],
  ])('ends when an administrator %s', async (_, correct) => {
    const linked = await withLink();
    expect(await isGood(linked)).toEqual([true]);
    expect((await correct(linked.user, linked.id)).status).toBeLessThan(300);
    expect(await isGood(linked)).toEqual([false]);
  });

  it('does not when its user adds an address, nor when somebody else claims that one; their session goes on', async () => {
    const linked = await withLink();
    const { token } = linked.user;
    const body = { email: service.factory.email() };
    const { id } = (await service.api.post<Identity>('/users/me/identities', { token, body })).body;
    expect(await lastEvent('identity.added')).toMatchObject({ id, byAdministrator: false });
    const next = await service.factory.user();
    const claim = await service.api.post('/users/me/identities', { token: next.token, body });
    expect(claim.status).toBe(201);
    expect(await lastEvent('identity.removed')).toMatchObject({ id, wasVerified: false, gaveWay: true });
    expect(await isGood(linked)).toEqual([true]);
    expect((await service.api.get('/users/me', { token })).status).toBe(200);
  });

  it('ends when its user removes an address, proved or not; the event says which, and who has added one', async () => {
    const linked = await withLink();
    const { token } = linked.user;
    const body = { email: service.factory.email() };
    const { id } = (await service.api.post<Identity>('/users/me/identities', { token, body })).body;
    expect(await isGood(linked)).toEqual([true]);
    expect((await service.api.delete(`/users/me/identities/${id}`, { token })).status).toBe(204);
    expect(await lastEvent('identity.removed')).toMatchObject({ id, wasVerified: false, gaveWay: false });
    expect(await isGood(linked)).toEqual([false]);
    expect((await service.api.delete(`/users/me/identities/${linked.id}`, { token })).status).toBe(204);
    expect(await lastEvent('identity.removed')).toMatchObject({ id: linked.id, wasVerified: true });
    await add(linked.user.id, body);
    expect(await lastEvent('identity.added')).toMatchObject({ byAdministrator: true });
  });
});

describe('F26: GET /users', () => {
  const find = (query: string, { token } = admin) =>
    service.api.get<Page<User> & Problem>(`/users?${query}`, { token });

  it('finds the user of an address or number, in any spelling, and nobody else', async () => {
    const user = await service.factory.user();
    await add(user.id, { email: 'ada+tag@example.org' });
    await add(user.id, { mobile: '+4915112345678' });
    const queries = [
      `email=${user.email}`,
      `email=${user.email.toUpperCase()}`,
      'email=ada%2Btag@example.org',
      'email=ada+tag@example.org',
      'mobile=%2B4915112345678',
      'mobile=+4915112345678',
      'mobile=0049%20151%2012345678',
      `email=${user.email}&mobile=%2B4915112345678`,
    ];
    for (const query of queries)
      expect([query, (await find(query)).body.items.map(({ id }) => id)]).toEqual([query, [user.id]]);
    for (const query of ['email=nobody@example.com', `email=${user.email}&mobile=%2B4915112345679`])
      expect((await find(query)).body.items).toEqual([]);
    for (const query of [
      'email=',
      'email=ada',
      'email=%25',
      'mobile=12',
      'email=a@example.com&email=b@example.com',
    ])
      expect([query, (await find(query)).status]).toEqual([query, 400]);
  });

  it('lists deleted users, with what they were known by, for who may restore them', async () => {
    const boss = await service.factory.superAdmin();
    const [gone, purged] = [await service.factory.user(), await service.factory.user()];
    for (const { id } of [gone, purged])
      expect((await service.api.delete(`/users/${id}`, { token: boss.token })).status).toBe(204);
    await service.sql('UPDATE "user" SET purged_at = now() WHERE id = $1', [purged.id]);
    const refused = await find('deleted=true');
    expect([refused.status, refused.body.code]).toEqual([403, 'privilege_required']);
    const { body } = await find('deleted=true&total=true', boss);
    expect(body.items.map(({ id, email }) => ({ id, email }))).toEqual([{ id: gone.id, email: gone.email }]);
    expect(body.total).toEqual({ value: 1, exact: true });
    expect((await find(`deleted=true&email=${gone.email}`, boss)).body.items).toHaveLength(1);
    expect((await find(`deleted=true&email=${purged.email}`, boss)).body.items).toEqual([]);
    expect((await find(`email=${gone.email}`, boss)).body.items).toEqual([]);
    expect((await find(`deleted=false&email=${boss.email}`)).body.items).toHaveLength(1);
    await service.api.post(`/users/${gone.id}/restore`, { token: boss.token });
    expect((await find('deleted=true', boss)).body.items).toEqual([]);
    expect((await find(`email=${gone.email}`, boss)).body.items).toHaveLength(1);
  });
});

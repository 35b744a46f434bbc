import { SessionOpener } from '../../src/auth/sign-in/session-opener.js';
import { InvalidCode } from '../../src/platform/otp/otp.errors.js';
import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD, type TestUser } from '../support/factory.js';
import { codeTo, messagesTo, messageTo, wrong } from '../support/jobs.js';
import { login, statusOf } from '../support/tokens.js';
import { refusesStrangers } from './guarded.js';
import { NO_ID } from './requests.js';
import { type Problem, tally } from './shapes.js';
import { traces } from './traces.js';

interface Identity {
  readonly id: number;
  readonly type: string;
  readonly value: string | null;
  readonly provider: string | null;
  readonly isVerified: boolean;
  readonly isPrimary: boolean;
}

let service: TestApp;
beforeAll(async () => {
  service = await startApp({
    env: {
      OTP_RESEND_SECONDS: '0',
      WORKER: 'off',
      OAUTH_GOOGLE_CLIENT_ID: 'gatehouse',
      OAUTH_GOOGLE_CLIENT_SECRET: 'never-used',
    },
  });
});
afterAll(() => service.close());

const PATH = '/users/me/identities';
const list = async ({ token }: TestUser) =>
  (await service.api.get<{ items: Identity[] }>(PATH, { token })).body.items;
const add = ({ token }: TestUser, body: object) =>
  service.api.post<Identity & Problem>(PATH, { token, body });
const requestCode = ({ token }: TestUser, id: number) =>
  service.api.post<{ challengeId: string } & Problem>(`${PATH}/${id}/otp`, { token });
const verify = ({ token }: TestUser, id: number, challengeId: string, code: string) =>
  service.api.post<Problem>(`${PATH}/${id}/verify`, { token, body: { challengeId, code } });
const makePrimary = ({ token }: TestUser, id: number) =>
  service.api.post<Identity & Problem>(`${PATH}/${id}/primary`, { token });
const remove = ({ token }: TestUser, id: number) => service.api.delete<Problem>(`${PATH}/${id}`, { token });

/** A further e-mail address of the user, proved. */
async function proved(user: TestUser, email = service.factory.email()): Promise<Identity> {
  const { body } = await add(user, { email });
  const { challengeId } = (await requestCode(user, body.id)).body;
  expect((await verify(user, body.id, challengeId, await codeTo(service, email))).status).toBe(204);
  return { ...body, isVerified: true };
}

async function ownIdOf(user: TestUser): Promise<number> {
  return (await list(user)).find(({ value }) => value === user.email)?.id ?? 0;
}

/** An access token, for a code sent to the address. */
async function signInByCode(email: string): Promise<string> {
  const { body } = await service.api.post<{ challengeId: string }>('/auth/otp/request', {
    body: { identifier: email },
  });
  const code = await codeTo(service, email);
  const answer = await service.api.post<{ access_token: string }>('/auth/otp/login', {
    body: { challengeId: body.challengeId, code },
  });
  expect(answer.status).toBe(200);
  return answer.body.access_token;
}

/** An account at a provider. */
async function linked(user: TestUser, provider = 'google'): Promise<number> {
  const [row] = await service.sql<{ id: number }>(
    `INSERT INTO user_identity (user_id, type, value, oauth_provider, is_verified, is_primary)
     VALUES ($1, 'oauth', $2, $3, NULL, NULL) RETURNING id`,
    [user.id, service.factory.unique('subject'), provider],
  );
  return row?.id ?? 0;
}

describe.each([
  ['GET', PATH],
  ['POST', PATH],
  ['POST', `${PATH}/1/otp`],
  ['POST', `${PATH}/1/verify`],
  ['POST', `${PATH}/1/primary`],
  ['DELETE', `${PATH}/1`],
])('%s %s', (method, path) => refusesStrangers(() => service, { method, path }));

describe('an address that is added', () => {
  it('S9: twenty an hour, so that nobody asks for whole lists of addresses whose they are', async () => {
    const owner = await service.factory.user({ signIn: false });
    const user = await service.factory.user();
    const answers = await Promise.all(Array.from({ length: 25 }, () => add(user, { email: owner.email })));
    expect(tally(answers)).toEqual({ 409: 20, 429: 5 });
    const free = await add(user, { email: service.factory.email() });
    expect([free.status, free.body.code]).toEqual([429, 'too_many_additions']);
    expect(Number(free.headers['retry-after'])).toBeGreaterThan(3_500);
  });

  it('S30: is good for nothing until it is proved', async () => {
    const user = await service.factory.user();
    const email = service.factory.email();
    const { status, body } = await add(user, { email });
    expect(status).toBe(201);
    expect(body).toMatchObject({ type: 'email', value: email, isVerified: false, isPrimary: false });
    expect((await login(service.api, email, PASSWORD)).status).toBe(401);
    await service.api.post('/auth/otp/request', { body: { identifier: email } });
    expect(await messagesTo(service, email)).toEqual([]);
    expect((await makePrimary(user, body.id)).body.code).toBe('not_verified');
  });

  it('is proved by the code that was sent to it, and then signs in', async () => {
    const user = await service.factory.user();
    const email = service.factory.email();
    const left = await traces(service, () => proved(user, email));
    expect(left.outbox.map(({ type }) => type)).toEqual(['identity.added', 'identity.verified']);
    expect((await login(service.api, email, PASSWORD)).status).toBe(200);
    expect((await messagesTo(service, user.email))[0]?.text).toContain('***@example.com');
    expect((await requestCode(user, left.result.id)).body.code).toBe('already_verified');
  });

  it('can be proved at auth/verify as well, by whoever has the code', async () => {
    const user = await service.factory.user();
    const { body } = await add(user, { mobile: '+4915123456789' });
    const { challengeId } = (await requestCode(user, body.id)).body;
    const code = await codeTo(service, '+4915123456789');
    const proof = (given: string) =>
      service.api.post<Problem>('/auth/verify', { body: { challengeId, code: given } });
    expect((await proof(wrong(code))).body.code).toBe('invalid_code');
    expect((await proof(code)).status).toBe(204);
    const mobile = (await list(user)).find(({ type }) => type === 'mobile');
    expect(mobile).toMatchObject({ isVerified: true, isPrimary: true });
  });

  it('S30: becomes the primary one in place of one that was never proved, and is where messages go', async () => {
    const user = await service.factory.user();
    const email = service.factory.email();
    await service.sql('UPDATE user_identity SET is_verified = false WHERE user_id = $1', [user.id]);
    const second = await proved(user, email);
    expect((await list(user)).map(({ id, isPrimary }) => [id, isPrimary])).toEqual([
      [second.id, true],
      [await ownIdOf(user), false],
    ]);
    await service.sql(
      'UPDATE user_identity SET is_primary = NOT is_primary WHERE user_id = $1 AND is_primary',
      [user.id],
    );
    await service.sql('UPDATE user_identity SET is_primary = true WHERE value = $1', [user.email]);
    const { token } = await service.factory.superAdmin();
    const sent = (await messagesTo(service, email)).length;
    await service.api.post(`/users/${user.id}/password-reset`, { token });
    expect((await messageTo(service, email, sent + 1)).link).toBeDefined();
    expect((await messagesTo(service, user.email)).filter(({ link }) => link)).toEqual([]);
  });

  it('S14: is not proved by somebody who is disabled, whatever the way', async () => {
    const user = await service.factory.user();
    const { body } = await add(user, { email: service.factory.email() });
    const { challengeId } = (await requestCode(user, body.id)).body;
    const code = await codeTo(service, body.value ?? '');
    await service.sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);
    const late = await service.api.post<Problem>('/auth/verify', { body: { challengeId, code } });
    expect([late.status, late.body.code]).toEqual([400, 'invalid_code']);
    await service.sql('UPDATE "user" SET is_active = true WHERE id = $1', [user.id]);
    expect(await list(user)).toContainEqual(expect.objectContaining({ id: body.id, isVerified: false }));
  });

  it('is refused when somebody has proved it, and taken when somebody only claims it', async () => {
    const [user, other] = [await service.factory.user(), await service.factory.user()];
    expect((await add(user, { email: other.email })).body.code).toBe('identity_taken');
    const email = service.factory.email();
    await add(other, { email });
    await proved(user, email);
    expect((await list(other)).map(({ value }) => value)).toEqual([other.email]);
  });

  it('is refused when somebody was invited by it', async () => {
    const admin = await service.factory.superAdmin();
    const email = service.factory.email();
    const roleId = await service.factory.roleId('User');
    const body = { firstName: 'Ada', roleId, email };
    expect((await service.api.post('/users', { token: admin.token, body })).status).toBe(201);
    expect((await add(admin, { email })).body.code).toBe('identity_taken');
  });

  it('is one of ten at most', async () => {
    const user = await service.factory.user();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => add(user, { email: service.factory.email() })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(9);
    expect(answers.find(({ status }) => status !== 201)?.body.code).toBe('too_many_contacts');
  });

  it('twice is added once', async () => {
    const user = await service.factory.user();
    const email = service.factory.email();
    const [one, two] = [await add(user, { email }), await add(user, { email: email.toUpperCase() })];
    expect(two.body.id).toBe(one.body.id);
  });
});

describe('S64: an identity of somebody else', () => {
  it('is not there', async () => {
    const [user, other] = [await service.factory.user(), await service.factory.user()];
    const id = await ownIdOf(other);
    const challengeId = '5353f605-62c8-4953-a6ae-3cbd01586e19';
    for (const path of [id, NO_ID]) {
      for (const { status, body } of [
        await requestCode(user, path),
        await verify(user, path, challengeId, '123456'),
        await makePrimary(user, path),
        await remove(user, path),
      ]) {
        expect([status, body.code]).toEqual([404, 'identity_not_found']);
      }
    }
  });

  it('S27: is not proved by a code for another', async () => {
    const user = await service.factory.user();
    const emails = [service.factory.email(), service.factory.email()] as const;
    const [one, two] = [await add(user, { email: emails[0] }), await add(user, { email: emails[1] })];
    const { challengeId } = (await requestCode(user, one.body.id)).body;
    const code = await codeTo(service, emails[0]);
    expect((await verify(user, two.body.id, challengeId, code)).body.code).toBe('invalid_code');
    expect((await verify(user, one.body.id, challengeId, code)).status).toBe(204);
  });
});

describe('the primary address', () => {
  it('S30, S54: changes at once, which its owner is told and which ends the tokens that are out', async () => {
    const user = await service.factory.user();
    const admin = await service.factory.superAdmin();
    const second = await proved(user);
    const sent = (await messagesTo(service, user.email)).length;
    await service.api.post(`/users/${user.id}/password-reset`, { token: admin.token });
    const { code: reset = '' } = await messageTo(service, user.email, sent + 1);
    const { body } = await makePrimary(user, second.id);
    expect(body).toMatchObject({ id: second.id, isPrimary: true });
    expect((await list(user)).filter(({ isPrimary }) => isPrimary)).toHaveLength(1);
    expect((await messagesTo(service, user.email))[0]?.subject).toMatch(/main address/);
    const used = await service.api.post('/auth/password/reset', {
      body: { token: reset, newPassword: 'paper lantern over water' },
    });
    expect(used.status).toBe(400);
  });

  it('is one, however many are chosen at the same time', async () => {
    const user = await service.factory.user();
    const all = [await proved(user), await proved(user), await proved(user)];
    const answers = await Promise.all(all.map(({ id }) => makePrimary(user, id)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await list(user)).filter(({ isPrimary }) => isPrimary)).toHaveLength(1);
  });
});

describe('an identity that is removed', () => {
  it('S30: is told so, frees its address and hands on its place', async () => {
    const user = await service.factory.user();
    const second = await proved(user);
    const left = await traces(service, async () => remove(user, await ownIdOf(user)));
    expect(left.result.status).toBe(204);
    expect(left.outbox.map(({ type }) => type)).toContain('identity.removed');
    expect(await list(user)).toMatchObject([{ id: second.id, isPrimary: true }]);
    expect((await messagesTo(service, user.email))[0]?.subject).toMatch(/removed/);
    expect((await login(service.api, user.email, PASSWORD)).status).toBe(401);
    const other = await service.factory.user();
    expect((await add(other, { email: user.email })).status).toBe(201);
  });

  it('is never the last way in', async () => {
    const user = await service.factory.user();
    const id = await ownIdOf(user);
    expect((await remove(user, id)).body.code).toBe('last_way_in');
    const { body } = await add(user, { email: service.factory.email() });
    expect((await remove(user, id)).body.code).toBe('last_way_in');
    expect((await remove(user, body.id)).status).toBe(204);
  });

  it('is the last way in beside an account at a provider that is switched off', async () => {
    const user = await service.factory.user();
    await linked(user, 'github');
    expect((await remove(user, await ownIdOf(user))).body.code).toBe('last_way_in');
  });

  it('S30: becomes the primary one in place of one that was never proved', async () => {
    const user = await service.factory.user();
    await service.sql('UPDATE user_identity SET is_verified = false WHERE user_id = $1', [user.id]);
    const { id } = await proved(user);
    expect(await list(user)).toMatchObject([
      { id, isVerified: true, isPrimary: true },
      { isVerified: false, isPrimary: false },
    ]);
  });

  it('may be the last one of somebody who has a username and a password, or an account at a provider', async () => {
    const named = await service.factory.user({ username: service.factory.unique('name') });
    expect((await remove(named, await ownIdOf(named))).status).toBe(204);
    const user = await service.factory.user();
    const provider = await linked(user);
    expect(await list(user)).toContainEqual(
      expect.objectContaining({ id: provider, type: 'oauth', value: null, provider: 'google' }),
    );
    expect((await remove(user, await ownIdOf(user))).status).toBe(204);
    expect((await remove(user, provider)).body.code).toBe('last_way_in');
  });

  it('leaves one way in when all are removed at the same time', async () => {
    const user = await service.factory.user();
    const ids = [await ownIdOf(user), (await proved(user)).id, await linked(user)];
    const answers = await Promise.all(ids.map((id) => remove(user, id)));
    expect(tally(answers)).toEqual({ 204: 2, 409: 1 });
    expect(await list(user)).toHaveLength(1);
  });

  it('A14, S109: ends the sessions it opened by code, and no others', async () => {
    const user = await service.factory.user();
    const second = await proved(user);
    const opened = await signInByCode(second.value ?? '');
    const otherwise = await signInByCode(user.email);
    const { result, outbox } = await traces(service, () => remove(user, second.id));
    expect(result.status).toBe(204);
    expect(await statusOf(service.api, opened)).toBe(401);
    expect([await statusOf(service.api, otherwise), await statusOf(service.api, user.token)]).toEqual([
      200, 200,
    ]);
    expect(outbox.map(({ type }) => type)).toContain('session.revoked');
  });

  it('A14, S109: ends the session it is removed in, if it opened that one', async () => {
    const user = await service.factory.user();
    const second = await proved(user);
    const token = await signInByCode(second.value ?? '');
    expect((await remove({ ...user, token }, second.id)).status).toBe(204);
    expect(await statusOf(service.api, token)).toBe(401);
  });

  it('A14, S109: opens no session any more by a code that was right a moment before', async () => {
    const user = await service.factory.user();
    const second = await proved(user);
    const proof = {
      userId: user.id,
      identityId: second.id,
      method: 'otp',
      amr: ['otp'],
      note: async () => 1,
      refused: () => new InvalidCode(),
    } as const;
    const opener = service.app.get(SessionOpener);
    expect(await opener.open(proof)).not.toBeNull();
    await remove(user, second.id);
    expect(await opener.open(proof)).toBeNull();
  });

  it('A14, S109: ends sessions of which nobody knows what opened them', async () => {
    const user = await service.factory.user();
    const second = await proved(user);
    const before = await service.factory.signIn(user.email);
    await service.sql(`UPDATE session SET amr = '{}' WHERE id = (SELECT max(id) FROM session)`);
    await remove(user, second.id);
    expect(await statusOf(service.api, before)).toBe(401);
  });

  it('takes a code that is out with it', async () => {
    const user = await service.factory.user();
    const email = service.factory.email();
    const { body } = await add(user, { email });
    const { challengeId } = (await requestCode(user, body.id)).body;
    const code = await codeTo(service, email);
    await remove(user, body.id);
    const late = await service.api.post<Problem>('/auth/verify', { body: { challengeId, code } });
    expect(late.body.code).toBe('invalid_code');
  });
});

import { type Arms, face, toldApart } from '../support/answers.js';
import { startApp, type TestApp } from '../support/app.js';
import { tally } from '../support/cluster.js';
import { REGISTRATION_CODES } from '../../src/auth/registration/registration.repository.js';
import { CodeIssuer } from '../../src/platform/otp/code-issuer.js';
import { PASSWORD } from '../support/factory.js';
import { codeTo, drain } from '../support/jobs.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { BCRYPT_COST: '8', OTP_RESEND_SECONDS: '0', WORKER: 'off' } });
});
afterAll(() => service.close());

const post = (path: string, body: object) => service.api.post<{ challengeId: string }>(path, { body });
const register = (email: string) => post('/auth/register', { firstName: 'Ada', email, password: PASSWORD });
const requestCode = (identifier: string) => post('/auth/otp/request', { identifier });

/** Addresses by what is known of them. */
async function addresses(): Promise<Record<string, string>> {
  const { factory } = service;
  const [verified, unverified, disabled, deleted] = await Promise.all([
    factory.user({ signIn: false }),
    factory.user({ signIn: false }),
    factory.user({ signIn: false }),
    factory.user({ signIn: false }),
  ]);
  await service.sql('UPDATE user_identity SET is_verified = false WHERE user_id = $1', [unverified.id]);
  await service.sql('UPDATE "user" SET is_active = false WHERE id = $1', [disabled.id]);
  const admin = await factory.superAdmin();
  await service.api.delete(`/users/${deleted.id}`, { token: admin.token });
  return {
    verified: verified.email,
    unverified: unverified.email,
    disabled: disabled.email,
    deleted: deleted.email,
    unknown: factory.email(),
  };
}

const armsOf = (known: Record<string, string>, request: (address: string) => ReturnType<typeof post>): Arms =>
  Object.fromEntries(Object.entries(known).map(([kind, address]) => [kind, () => request(address)]));

async function facesOf(arms: Arms): Promise<Set<string>> {
  const faces = new Set<string>();
  for (const request of Object.values(arms)) faces.add(face(await request()));
  return faces;
}

describe.each([
  ['register', register],
  ['otp/request', requestCode],
])('POST auth/%s', (_, request) => {
  it('S9, S29, G17: answers every address alike, in bytes and in time', async () => {
    const arms = armsOf(await addresses(), request);
    const faces = await facesOf(arms);
    expect([...faces]).toEqual([expect.stringMatching(/^\[202,/)]);
    expect(await toldApart(arms)).toEqual([]);
  }, 120_000);
});

/** Presents a wrong code for the challenge. */
const presents = (path: string, challengeId: string) => () => post(path, { challengeId, code: '000000' });

/** Makes the next wrong code of every challenge the first one. */
async function forgive(): Promise<void> {
  await service.sql('DELETE FROM throttle');
  for (const table of ['user_identity', 'sign_in_code', 'registration']) {
    await service.sql(`UPDATE ${table} SET wrong_otp_count = 0, otp_failures = 0, otp_locked_until = NULL
       WHERE wrong_otp_count > 0 AND coalesce(otp_locked_until, now()) < now() + interval '2 hours'`);
  }
}

it('S29: a code to sign in with is refused alike, whatever is wrong with it', async () => {
  const known = await addresses();
  const arms: Record<string, Arms[string]> = {};
  const add = async (kind: string, address = '', state = '') => {
    const { challengeId } = (await requestCode(address)).body;
    await drain(service);
    if (state) await service.sql(`UPDATE sign_in_code SET ${state} WHERE otp_challenge = $1`, [challengeId]);
    arms[kind] = presents('/auth/otp/login', challengeId);
  };
  await add('wrong', known.verified);
  const fresh = async () => (await service.factory.user({ signIn: false })).email;
  await add('expired', await fresh(), `otp_generated_at = now() - interval '1 hour'`);
  await add('used', await fresh(), 'otp_code = NULL');
  await add('locked', await fresh(), `wrong_otp_count = 3, otp_locked_until = now() + interval '1 day'`);
  await add('unknown', known.unknown);
  await add('unverified', known.unverified);
  await add('disabled', known.disabled);
  expect([...(await facesOf(arms))]).toEqual([expect.stringMatching(/^\[400,.*invalid_code/)]);
  expect(await toldApart(arms, forgive)).toEqual([]);
}, 120_000);

it('S9, S29: so is a code for a registration, whoever has the address', async () => {
  const known = await addresses();
  const arms: Record<string, Arms[string]> = {};
  for (const [kind, address] of Object.entries(known)) {
    const { challengeId } = (await register(address)).body;
    await drain(service);
    arms[kind] = presents('/auth/verify', challengeId);
  }
  expect([...(await facesOf(arms))]).toEqual([expect.stringMatching(/^\[400,.*invalid_code/)]);
  expect(await toldApart(arms, forgive)).toEqual([]);
}, 120_000);

it('S29: a code that proves an address is refused alike, whatever it was to prove', async () => {
  const challenges: Record<string, string> = {};
  const add = async (kind: string, state = '') => {
    const { challengeId } = (await register(service.factory.email())).body;
    await drain(service);
    if (state) await service.sql(`UPDATE registration SET ${state} WHERE otp_challenge = $1`, [challengeId]);
    challenges[kind] = challengeId;
  };
  await add('wrong');
  await add('locked', `wrong_otp_count = 3, otp_locked_until = now() + interval '1 day'`);
  await add('gone');
  await service.sql('DELETE FROM registration WHERE otp_challenge = $1', [challenges.gone]);
  const { token } = await service.factory.user();
  const email = service.factory.email();
  const { id } = (await service.api.post<{ id: number }>('/users/me/identities', { token, body: { email } }))
    .body;
  const asked = await service.api.post<{ challengeId: string }>(`/users/me/identities/${id}/otp`, { token });
  await drain(service);
  challenges.added = asked.body.challengeId;
  const arms = Object.fromEntries(
    Object.entries(challenges).map(([kind, challengeId]) => [kind, presents('/auth/verify', challengeId)]),
  );
  expect([...(await facesOf(arms))]).toEqual([expect.stringMatching(/^\[400,.*invalid_code/)]);
  expect(await toldApart(arms, forgive)).toEqual([]);
}, 120_000);

/** A destination that cannot be meant is refused, or nobody is written to. */
describe('S52: an identifier', () => {
  const ODD: readonly unknown[] = [
    ['user@example.com', 'evil@example.com'],
    { email: 'user@example.com' },
    42,
    true,
    null,
    '',
    'user@example.com\u0000',
    'user@example.com\r\nBcc: evil@example.com',
    'x'.repeat(192),
  ];
  const LOOKALIKES = [
    'user@example.com,evil@example.com',
    'user@example.com;evil@example.com',
    'User <user@example.com>',
    '"user"@example.com',
    '"us\\er"@example.com',
    'us\u0435r@example.com',
    'user\uFF20example.com',
    '\uFF55ser@example.com',
    'user@\u212Aelvin.example',
    'us\u200Ber@example.com',
    '+49\u0661\u0665123456789',
    '015123456789',
  ];

  it.each(['/auth/otp/request', '/auth/register', '/users/me/identities'])(
    'that is no single text is refused by %s',
    async (path) => {
      const { token } = await service.factory.user();
      const fields = path === '/auth/otp/request' ? ['identifier'] : ['email', 'mobile'];
      for (const field of fields) {
        for (const value of ODD) {
          const more = path === '/auth/register' ? { firstName: 'Ada', password: PASSWORD } : {};
          const body = { ...more, [field]: value };
          const answer = await service.api.post<{ code: string }>(path, { token, body });
          expect([value, answer.body.code]).toEqual([value, 'validation_failed']);
        }
      }
    },
  );

  it('that only looks like an address is refused where one is stored, and means nobody where one is looked up', async () => {
    const { token } = await service.factory.user();
    const before = service.mailbox.list().length;
    for (const value of LOOKALIKES) {
      for (const field of ['email', 'mobile']) {
        const stored = await service.api.post('/users/me/identities', { token, body: { [field]: value } });
        expect([value, stored.status]).toEqual([value, 400]);
      }
      await service.api.post('/auth/otp/request', { body: { identifier: value } });
    }
    await drain(service);
    expect(service.mailbox.list()).toHaveLength(before);
  });

  it('in another spelling is written to where it is stored', async () => {
    const user = await service.factory.user({ signIn: false });
    await requestCode(`  ${user.email.toUpperCase()}\t`);
    expect(await codeTo(service, user.email)).toMatch(/^[0-9]{6}$/);
  });
});

describe('40 registrations of one address in many spellings', () => {
  it('S73: make one account', async () => {
    const email = service.factory.email();
    const spelt = (index: number) =>
      Array.from(email, (letter, place) => ((index >> (place % 5)) & 1 ? letter.toUpperCase() : letter)).join(
        '',
      );
    const asked = await Promise.all(Array.from({ length: 40 }, (_, index) => register(spelt(index))));
    expect(asked.every(({ status }) => status === 202)).toBe(true);
    // Codes for all of them at once, which the budget of the address would not allow.
    const pending = await service.sql<{ id: number; challenge: string }>(
      'SELECT id, otp_challenge AS challenge FROM registration WHERE contact_value = $1',
      [email],
    );
    expect(pending).toHaveLength(40);
    const codes = service.app.get(CodeIssuer);
    const answers = await Promise.all(
      pending.map(async ({ id, challenge }) => {
        const of = { table: REGISTRATION_CODES, id, challenge, purpose: 'registration' } as const;
        const code = (await codes.issue(of, new Date().toISOString())) ?? '';
        return post('/auth/verify', { challengeId: challenge, code });
      }),
    );
    expect(tally(answers.map(({ status }) => status))).toEqual({ 204: 1, 400: 39 });
    const users = await service.sql('SELECT id FROM user_identity WHERE lower(value) = $1', [email]);
    expect(users).toHaveLength(1);
  });
});

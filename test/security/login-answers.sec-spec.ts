import { PasswordHasher } from '../../src/platform/security/password-hasher.js';
import { type Arms, face, separations, toldApart } from '../support/answers.js';
import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD } from '../support/factory.js';
import { login } from '../support/tokens.js';

const WRONG = 'not the right password';
let service: TestApp;
/** The name to sign in with, by the kind of account. */
const names: Record<string, string> = {};

beforeAll(async () => {
  const lock = { LOCKOUT_LIMIT: '100', LOCKOUT_SECONDS: '86400', LOCKOUT_MAX_SECONDS: '86400' };
  // A hash of about 15 ms: many times what else a refusal does, as the last test shows, and a tenth of one in production.
  service = await startApp({ env: { BCRYPT_COST: '8', ...lock } });
  const states: Readonly<Record<string, string>> = {
    'wrong password': 'SELECT $1::int',
    locked: `UPDATE user_auth SET account_locked_until = now() + interval '1 hour' WHERE user_id = $1`,
    disabled: `UPDATE "user" SET is_active = false WHERE id = $1`,
    'no password': `UPDATE user_auth SET password_hash = '!' WHERE user_id = $1`,
    unverified: 'UPDATE user_identity SET is_verified = false WHERE user_id = $1',
  };
  for (const [kind, sql] of Object.entries(states)) {
    const user = await service.factory.user({ signIn: false });
    await service.sql(sql, [user.id]);
    names[kind] = user.email;
  }
  const admin = await service.factory.superAdmin();
  const deleted = await service.factory.user({ signIn: false });
  await service.api.delete(`/users/${deleted.id}`, { token: admin.token });
  names.deleted = deleted.email;
  names.unknown = 'nobody-here@example.com';
});
afterAll(() => service.close());

it('S8: every refused login is answered alike, byte for byte', async () => {
  const faces = new Set<string>();
  for (const [kind, name] of Object.entries(names)) {
    faces.add(face(await login(service.api, name, WRONG)));
    // With the right password nothing more is told, wherever it does not let in.
    if (kind !== 'wrong password') faces.add(face(await login(service.api, name, PASSWORD)));
  }
  expect([...faces]).toHaveLength(1);
  expect([...faces][0]).toContain('invalid_credentials');
});

/** Wrong passwords for all kinds of accounts, or for some of them; those for an account that has one come first. */
function wrongPasswords(kinds: readonly string[] = Object.keys(names)): Arms {
  return Object.fromEntries(kinds.map((kind) => [kind, () => login(service.api, names[kind] ?? '', WRONG)]));
}

/** Keeps the accounts from being locked. */
async function forgive(): Promise<void> {
  await service.sql('UPDATE user_auth SET wrong_password_count = 0 WHERE wrong_password_count > 90');
}

it('S8, G17: nor can accounts be told apart by how long the refusal takes', async () => {
  expect(await toldApart(wrongPasswords(), forgive)).toEqual([]);
}, 120_000);

it('S8: the statistic finds an account whose refusal skips the hash', async () => {
  const spy = jest.spyOn(service.app.get(PasswordHasher), 'pretend').mockResolvedValue(false);
  const [[, unknown] = []] = await separations(wrongPasswords(['wrong password', 'unknown']), forgive, 15);
  spy.mockRestore();
  expect(unknown).toBeLessThan(0.2);
}, 30_000);

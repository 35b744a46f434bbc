import { PasswordHasher } from '../../src/platform/security/password-hasher.js';
import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD } from '../support/factory.js';
import { separation, timed } from '../support/statistics.js';
import { login } from '../support/tokens.js';

const WRONG = 'not the right password';
/** Samples of each kind to begin with, and to go on to when chance may have been at work. */
const SAMPLES = 60;
const MORE_SAMPLES = 180;

let service: TestApp;
/** The name to sign in with, by the kind of account. */
const names: Record<string, string> = {};

beforeAll(async () => {
  const lock = { LOCKOUT_LIMIT: '100', LOCKOUT_SECONDS: '86400', LOCKOUT_MAX_SECONDS: '86400' };
  service = await startApp({ env: { BCRYPT_COST: '10', ...lock } });
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

/** Everything of an answer a caller sees, but what differs from request to request anyway. */
function face({ status, headers, text }: ApiResponse<unknown>): unknown {
  const { date: _date, 'x-request-id': _id, ratelimit: _left, ...rest } = headers;
  return [status, rest, text.replace(/"requestId":"[^"]+"/, '')];
}

it('S8: every refused login is answered alike, byte for byte', async () => {
  const faces = new Set<string>();
  for (const [kind, name] of Object.entries(names)) {
    faces.add(JSON.stringify(face(await login(service.api, name, WRONG))));
    // With the right password nothing more is told, wherever it does not let in.
    if (kind !== 'wrong password') faces.add(JSON.stringify(face(await login(service.api, name, PASSWORD))));
  }
  expect([...faces]).toHaveLength(1);
  expect([...faces][0]).toContain('invalid_credentials');
});

/**
 * Times of each kind against those of a wrong password, taken in turns so that the machine's moods hit all alike. By
 * chance alone the value of 60 against 60 samples leaves 0.40–0.60 once in 17 times and 0.35–0.65 once in 200, that of
 * 180 against 180 leaves 0.40–0.60 once in 1,000: kinds that leave the wider band are measured again with 180.
 */
async function separations(kinds: readonly string[], samples: number): Promise<Record<string, number>> {
  const times = new Map(['wrong password', ...kinds].map((kind) => [kind, [] as number[]]));
  for (let round = 0; round < samples; round += 1) {
    const order = [...times.keys()];
    // Another order each time: nobody always comes after the same one.
    const turned = [...order.slice(round % order.length), ...order.slice(0, round % order.length)];
    for (const kind of turned) {
      times.get(kind)?.push(await timed(() => login(service.api, names[kind] ?? '', WRONG)));
    }
    await service.sql('UPDATE user_auth SET wrong_password_count = 0 WHERE wrong_password_count > 90');
  }
  const reference = times.get('wrong password') ?? [];
  return Object.fromEntries(kinds.map((kind) => [kind, separation(times.get(kind) ?? [], reference)]));
}

it('S8, G17: nor can accounts be told apart by how long the refusal takes', async () => {
  const kinds = Object.keys(names).filter((kind) => kind !== 'wrong password');
  const leaves =
    (margin: number) =>
    ([, value]: [string, number]) =>
      Math.abs(value - 0.5) > margin;
  const suspicious = Object.entries(await separations(kinds, SAMPLES)).filter(leaves(0.15));
  if (suspicious.length === 0) return;
  const again = await separations(
    suspicious.map(([kind]) => kind),
    MORE_SAMPLES,
  );
  expect(Object.entries(again).filter(leaves(0.1))).toEqual([]);
}, 120_000);

it('S8: the statistic finds an account whose refusal skips the hash', async () => {
  const spy = jest.spyOn(service.app.get(PasswordHasher), 'pretend').mockResolvedValue(false);
  const { unknown } = await separations(['unknown'], 15);
  spy.mockRestore();
  expect(unknown).toBeLessThan(0.2);
}, 30_000);

import { face, toldApart } from '../support/answers.js';
import { startApp, type TestApp } from '../support/app.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

const forgot = (identifier: string) => service.api.post('/auth/password/forgot', { body: { identifier } });

/** An identifier of each kind, nobody has asked for before. */
async function names(): Promise<Record<string, string>> {
  const states: Readonly<Record<string, string>> = {
    known: 'SELECT $1::int',
    locked: `UPDATE user_auth SET account_locked_until = now() + interval '1 hour' WHERE user_id = $1`,
    disabled: `UPDATE "user" SET is_active = false WHERE id = $1`,
    'no password': `UPDATE user_auth SET password_hash = '!' WHERE user_id = $1`,
    unverified: 'UPDATE user_identity SET is_verified = false WHERE user_id = $1',
  };
  const found: Record<string, string> = { unknown: service.factory.email() };
  for (const [kind, sql] of Object.entries(states)) {
    const user = await service.factory.user({ signIn: false });
    await service.sql(sql, [user.id]);
    found[kind] = user.email;
  }
  return found;
}

it('S52, G17: every request is answered alike, the first time and again', async () => {
  const faces = new Set<string>();
  const known = await names();
  for (const name of [...Object.values(known), ...Object.values(known)]) faces.add(face(await forgot(name)));
  expect([...faces]).toHaveLength(1);
  expect([...faces][0]).toContain('202');
});

it.each([
  ['the first time', true],
  ['again and again', false],
])(
  'S52, G17: nor does the time tell accounts apart, asked for %s',
  async (_, isFirstSeen) => {
    let current = await names();
    const arms = Object.fromEntries(
      Object.keys(current).map((kind) => [kind, () => forgot(current[kind] ?? '')]),
    );
    const renew = async () => {
      if (isFirstSeen) current = await names();
    };
    expect(await toldApart(arms, renew)).toEqual([]);
  },
  180_000,
);

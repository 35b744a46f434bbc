import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { separation, timed } from '../support/statistics.js';

/** Samples of each kind to begin with, and to go on to when chance may have been at work. */
const SAMPLES = 60;
const MORE_SAMPLES = 180;

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

/** Everything of an answer a caller sees, but what differs from request to request anyway. */
function face({ status, headers, text }: ApiResponse): unknown {
  const { date: _date, 'x-request-id': _id, ratelimit: _left, ...rest } = headers;
  return [status, rest, text];
}

it('S52, G17: every request is answered alike, the first time and again', async () => {
  const faces = new Set<string>();
  const known = await names();
  for (const name of [...Object.values(known), ...Object.values(known)])
    faces.add(JSON.stringify(face(await forgot(name))));
  expect([...faces]).toHaveLength(1);
  expect([...faces][0]).toContain('202');
});

/** Times of each kind against those of an unknown address, in an order that is another one each round. */
async function separations(samples: number, isFirstSeen: boolean): Promise<Record<string, number>> {
  const times = new Map<string, number[]>();
  let current = await names();
  for (let round = 0; round < samples; round += 1) {
    if (isFirstSeen && round > 0) current = await names();
    const shuffled = Object.entries(current)
      .map((entry) => ({ entry, place: Math.random() }))
      .toSorted((a, b) => a.place - b.place);
    for (const { entry } of shuffled) {
      const [kind, name] = entry;
      const ms = await timed(() => forgot(name));
      times.set(kind, [...(times.get(kind) ?? []), ms]);
    }
  }
  const { unknown = [], ...others } = Object.fromEntries(times);
  return Object.fromEntries(
    Object.entries(others).map(([kind, values]) => [kind, separation(values, unknown)]),
  );
}

it.each([
  ['the first time', true],
  ['again and again', false],
])(
  'S52, G17: nor does the time tell accounts apart, asked for %s',
  async (_, isFirstSeen) => {
    const leaves =
      (margin: number) =>
      ([, value]: [string, number]) =>
        Math.abs(value - 0.5) > margin;
    const measured = Object.entries(await separations(SAMPLES, isFirstSeen));
    if (measured.filter(leaves(0.15)).length === 0) return;
    const again = Object.entries(await separations(MORE_SAMPLES, isFirstSeen));
    expect(again.filter(leaves(0.1))).toEqual([]);
  },
  180_000,
);

import { availableParallelism } from 'node:os';
import { platformConfig } from '../../../test/support/environment.js';
import { HashingConfig } from './hashing.config.js';
import { HashingQueue } from './hashing-queue.js';
import { Overloaded } from './security.errors.js';

/** libuv has four threads, of which one stays free. */
const AT_ONCE = Math.min(availableParallelism(), 3);
const QUEUE = 5;
const PLACES = AT_ONCE + QUEUE;

let queue: HashingQueue;
/** Work that has begun, in order. */
let begun: number[];

beforeEach(() => {
  jest.useFakeTimers();
  queue = new HashingQueue(platformConfig({ HASHING_QUEUE: String(QUEUE) }).get(HashingConfig));
  begun = [];
});
afterEach(() => jest.useRealTimers());

interface Work {
  readonly id: number;
  readonly end: () => Promise<number>;
  readonly fail: () => Promise<number>;
}

/** Starts work by `how`; it runs until it is told to end. */
function work(id: number, how: (task: () => Promise<number>) => Promise<number>): Work {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const result = how(() => {
    begun.push(id);
    return promise;
  });
  // Looked at by those tests that expect it to fail.
  result.catch(() => undefined);
  return {
    id,
    end: () => (resolve(id), result),
    fail: () => (reject(new Error(`work ${id}`)), result),
  };
}

const ids = (count: number) => Array.from({ length: count }, (_, id) => id);
const hash = (id: number) => work(id, (task) => queue.run(task));
const request = (id: number) => work(id, (task) => queue.admit('sign-in', task));
const first = (all: readonly Work[]): Work => all[0] ?? hash(-1);

describe('S12: hashing', () => {
  it('goes on for a few at once, no more than there are cores', () => {
    ids(100).forEach(hash);
    expect(begun).toEqual(ids(AT_ONCE));
  });

  it('takes turns in the order of arrival', async () => {
    const all = ids(20).map(hash);
    for (const { id, end } of all) expect(await end()).toBe(id);
    expect(begun).toEqual(ids(20));
  });

  it('gives its turn back when it fails, however it fails', async () => {
    for (const { id, fail } of ids(20).map(hash)) await expect(fail()).rejects.toThrow(`work ${id}`);
    for (const _ of ids(20)) {
      const broken = queue.run(() => {
        throw new Error('before it began');
      });
      await expect(broken).rejects.toThrow('before it began');
    }
    begun = [];
    ids(20).forEach(hash);
    expect(begun).toEqual(ids(AT_ONCE));
  });

  it('hands its turn to who waits, not to who comes right then', async () => {
    const ended = first(ids(AT_ONCE + 1).map(hash)).end();
    hash(99);
    await ended;
    expect(begun).toEqual(ids(AT_ONCE + 1));
  });
});

describe('S12: requests that are going to hash', () => {
  it('are let in as long as there are places, and begin at once', () => {
    ids(PLACES).forEach(request);
    expect(begun).toEqual(ids(PLACES));
  });

  it('are refused before they begin when there are none: with 503 and the time to come back', async () => {
    ids(PLACES).forEach(request);
    const refusal: unknown = await request(99)
      .end()
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Overloaded);
    expect(refusal).toMatchObject({ spec: { status: 503 }, headers: { 'Retry-After': '1' } });
    expect(begun).not.toContain(99);
  });

  it('give their place back when they end, and when they fail, however they fail', async () => {
    const all = ids(PLACES).map(request);
    for (const one of all) {
      await (one.id % 2 === 0 ? one.end() : one.fail().catch(() => undefined));
      const broken = queue.admit('sign-in', () => {
        throw new Error('before it began');
      });
      await expect(broken).rejects.toThrow('before it began');
    }
    begun = [];
    ids(PLACES + 1).forEach(request);
    expect(begun).toEqual(ids(PLACES));
  });

  it('take no place when they are refused', async () => {
    const all = ids(PLACES).map(request);
    for (const id of ids(50)) await expect(request(id).end()).rejects.toThrow(Overloaded);
    await first(all).end();
    expect(await request(99).end()).toBe(99);
  });

  it('may hash several times in their one place', async () => {
    const twice = () =>
      queue.admit('sign-in', async () => [
        await queue.run(() => Promise.resolve(1)),
        await queue.run(() => Promise.resolve(2)),
      ]);
    expect(await Promise.all(ids(PLACES).map(twice))).toEqual(ids(PLACES).map(() => [1, 2]));
  });

  it('have as many places as may hash at once where no queue is wanted', async () => {
    queue = new HashingQueue(platformConfig({ HASHING_QUEUE: '0' }).get(HashingConfig));
    const all = ids(AT_ONCE).map(request);
    await expect(request(99).end()).rejects.toThrow(Overloaded);
    await first(all).end();
    expect(await request(100).end()).toBe(100);
  });
});

describe.each([
  ['sign-in', AT_ONCE, PLACES],
  ['new password', Math.max(1, AT_ONCE - 1), AT_ONCE + Math.ceil(QUEUE / 4)],
] as const)('S12, S101: a %s that waits for its turn', (lane, share, places) => {
  const waits = (id: number) => work(id, (task) => queue.admit(lane, () => queue.run(task)));

  it('is refused after ten seconds, with 503 and the time to come back, and gives its place back', async () => {
    const late = ids(places).map(waits).slice(share);
    const refusals = Promise.allSettled(late.map(({ end }) => end()));
    await jest.advanceTimersByTimeAsync(9_999);
    await expect(waits(98).end()).rejects.toThrow(Overloaded);
    await jest.advanceTimersByTimeAsync(1);
    const refusal = { spec: { status: 503 }, headers: { 'Retry-After': '1' } };
    for (const result of await refusals) expect(result).toMatchObject({ reason: refusal });
    expect(begun).toEqual(ids(share));
    late.forEach(({ id }) => waits(100 + id));
    await expect(waits(99).end()).rejects.toThrow(Overloaded);
  });

  it('is hashed to its end when its turn comes before', async () => {
    const all = ids(share + 1).map(waits);
    await jest.advanceTimersByTimeAsync(9_999);
    await first(all).end();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(begun).toEqual(ids(share + 1));
    expect(await all[share]?.end()).toBe(share);
  });
});

describe('A4, S101: new passwords', () => {
  const newPassword = (id: number) => work(id, (task) => queue.admit('new password', () => queue.run(task)));
  const signIn = (id: number) => work(id, (task) => queue.admit('sign-in', () => queue.run(task)));
  /** Those that new passwords may take at once. */
  const SHARE = Math.max(1, AT_ONCE - 1);
  const LANE = AT_ONCE + Math.ceil(QUEUE / 4);

  it('have places of their own: however many there are, a sign-in finds its place, and they find theirs', async () => {
    ids(50).forEach(newPassword);
    ids(PLACES).forEach((id) => signIn(100 + id));
    await expect(signIn(199).end()).rejects.toThrow(Overloaded);
    await expect(newPassword(99).end()).rejects.toThrow(Overloaded);
  });

  it('leave a thread to sign-ins, which begin at once', () => {
    ids(LANE).forEach(newPassword);
    expect(begun).toEqual(ids(SHARE));
    if (AT_ONCE === 1) return;
    signIn(100);
    expect(begun).toEqual([...ids(SHARE), 100]);
  });

  it('wait while sign-ins do, but for one turn in four', async () => {
    const all = [...ids(LANE).map(newPassword), ...ids(PLACES).map((id) => signIn(100 + id))];
    const ended = new Set<number>();
    while (ended.size < all.length) {
      const next = all.find(({ id }) => begun.includes(id) && !ended.has(id));
      if (!next) throw new Error('Nobody is being hashed');
      ended.add(next.id);
      await next.end();
    }
    expect(begun).toHaveLength(all.length);
    const order = begun.map((id) => (id < 100 ? 'n' : 's')).join('');
    // While both wait no more than three sign-ins come between two new passwords, and never two new passwords.
    const both = order.slice(AT_ONCE, order.lastIndexOf('s') + 1);
    expect(both).toMatch(/^s{0,3}(?:ns{1,3})*$/);
  });

  it('take one place however often they hash, and stay in their lane', async () => {
    ids(LANE - 1).forEach(newPassword);
    const nested = () => queue.admit('sign-in', () => queue.run(() => Promise.resolve(1)));
    const last = work(99, (task) => queue.admit('new password', () => nested().then(task)));
    expect(begun).not.toContain(99);
    await expect(newPassword(98).end()).rejects.toThrow(Overloaded);
    void last;
  });
});

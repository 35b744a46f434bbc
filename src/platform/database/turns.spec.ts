import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { RateLimited } from '../../common/rate-limit.errors.js';
import { Turns } from './turns.js';

/** Work that lasts until it is told to end. */
function workOf(turns: Turns, key: number, count: number) {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const results = Array.from({ length: count }, (_, index) =>
    turns.take(key, async () => {
      started.push(index);
      await new Promise<void>((end) => (ends[index] = end));
      return index;
    }),
  );
  return { started, results, end: (index: number) => ends[index]?.() };
}

describe('turns', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  it('A23: run as many of one key at once as its share, and the others in the order they came', async () => {
    const { started, results, end } = workOf(new Turns(2), 1, 5);
    await turnOfTheLoop();
    expect(started).toEqual([0, 1]);
    for (let index = 0; index < 5; index += 1) {
      end(index);
      await turnOfTheLoop();
      expect(started).toEqual([0, 1, 2, 3, 4].slice(0, index + 3));
    }
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4]);
  });

  it('A23: let no key wait for another', async () => {
    const turns = new Turns(1);
    workOf(turns, 1, 3);
    expect(await turns.take(2, async () => 'done')).toBe('done');
  });

  it('A23: go on after work that fails', async () => {
    const turns = new Turns(1);
    const failing = turns.take(1, () => Promise.reject(new Error('failed')));
    const next = turns.take(1, async () => 'done');
    await expect(failing).rejects.toThrow('failed');
    expect(await next).toBe('done');
  });

  it('A23: refuse with Retry-After what has waited for five seconds, and run what comes later', async () => {
    const turns = new Turns(1);
    const { results, end } = workOf(turns, 1, 2);
    const refusal = results[1]?.catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(await refusal).toMatchObject({ headers: { 'Retry-After': '1' } });
    end(0);
    expect(await results[0]).toBe(0);
    expect(await turns.take(1, async () => 'done')).toBe('done');
  });

  it('A23: refuse at once when five hundred of one key wait', async () => {
    const turns = new Turns(1);
    const { results } = workOf(turns, 1, 502);
    for (const result of results.slice(1, -1)) void result.catch(() => undefined);
    await expect(results[501]).rejects.toThrow(RateLimited);
    await jest.advanceTimersByTimeAsync(5_000);
  });
});

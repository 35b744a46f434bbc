import { Reading } from './reading.js';

/** A reading on a clock that the test sets. */
function readingOf(ask: (time: () => number) => Promise<number>) {
  const clock = { now: 0, asked: 0 };
  const reading = new Reading(
    'test',
    () => {
      clock.asked += 1;
      return ask(() => clock.now);
    },
    () => clock.now,
  );
  return { clock, reading };
}

describe('a reading', () => {
  it('is asked once for all that come within ten seconds', async () => {
    const { clock, reading } = readingOf(async () => 7);
    expect(await Promise.all([reading.current(), reading.current()])).toEqual([7, 7]);
    clock.now = 9_999;
    expect(await reading.current()).toBe(7);
    expect(clock.asked).toBe(1);
    clock.now = 10_000;
    await reading.current();
    expect(clock.asked).toBe(2);
  });

  it('is asked the less often the longer it takes: a twentieth of the time, but once a minute', async () => {
    const { clock, reading } = readingOf(async () => (clock.now += clock.asked * 1_000));
    await reading.current();
    clock.now = 20_999;
    await reading.current();
    expect(clock.asked).toBe(1);
    clock.now = 21_000;
    await reading.current();
    clock.now = 63_000;
    await reading.current();
    // It took three seconds.
    expect([clock.asked, clock.now]).toEqual([3, 66_000]);
    clock.now = 126_000;
    await reading.current();
    clock.now = 190_000;
    await reading.current();
    expect(clock.asked).toBe(5);
  });

  it('holds up nobody while what is asked hangs: the last answer stands for two minutes', async () => {
    let answer: Promise<number> = Promise.resolve(7);
    const { clock, reading } = readingOf(() => answer);
    await reading.current();
    answer = new Promise(() => undefined);
    clock.now = 60_000;
    const begin = performance.now();
    expect(await reading.current()).toBe(7);
    clock.now = 120_001;
    expect(await reading.current()).toBeNull();
    expect(performance.now() - begin).toBeLessThan(1_500);
    expect(clock.asked).toBe(2);
  });

  it('that fails is no failure of who looks, and is asked again in its time', async () => {
    let isAway = true;
    const { clock, reading } = readingOf(() =>
      isAway ? Promise.reject(new Error('away')) : Promise.resolve(7),
    );
    expect(await reading.current()).toBeNull();
    isAway = false;
    expect(await reading.current()).toBeNull();
    clock.now = 10_000;
    expect(await reading.current()).toBe(7);
  });
});

import { MAX_ATTEMPTS, pauseAfter, restAfter } from './retry-schedule.js';

const MIDDLE = () => 0.5;

describe('the schedule of attempts', () => {
  it('waits 30 s, 2 min, 10 min, 1 h, 6 h and 24 h between seven attempts, and gives up', () => {
    expect(MAX_ATTEMPTS).toBe(7);
    const pauses = Array.from({ length: 8 }, (_, index) => pauseAfter(index + 1, MIDDLE));
    expect(pauses).toEqual([30, 120, 600, 3_600, 21_600, 86_400, null, null]);
  });

  it('differs by a tenth at most, so that failures do not come back together', () => {
    expect(pauseAfter(2, () => 0)).toBeCloseTo(108);
    expect(pauseAfter(2, () => 1)).toBeCloseTo(132);
    const pauses = new Set(Array.from({ length: 100 }, () => pauseAfter(2)));
    expect(pauses.size).toBeGreaterThan(90);
  });
});

describe('the rest of a receiver that does not answer in time', () => {
  it('begins with the second time and doubles, up to ten minutes', () => {
    const rests = Array.from({ length: 9 }, (_, index) => restAfter(index, () => 0));
    expect(rests).toEqual([null, null, 30, 60, 120, 240, 480, 600, 600]);
    expect(restAfter(10_000, () => 0)).toBe(600);
  });

  it('is up to half as long again, so that many receivers are not tried at once', () => {
    expect(restAfter(2, () => 0.9)).toBeCloseTo(43.5);
    const rests = new Set(Array.from({ length: 100 }, () => restAfter(2)));
    expect(rests.size).toBeGreaterThan(90);
  });
});

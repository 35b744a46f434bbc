import { Schedule } from '../schedule/schedule.js';
import { DatabaseClock } from './database-clock.js';

const HOUR = 3_600_000;

let answer: () => Promise<{ now: number }[]>;
let clock: DatabaseClock;
beforeEach(() => {
  jest.useFakeTimers({ now: Date.parse('2026-01-01T12:00:00Z') });
  clock = new DatabaseClock({ query: (() => answer()) as never }, new Schedule());
});
afterEach(() => jest.useRealTimers());

/** The database's time is `ahead` milliseconds before that of this machine, and tells it after `took`. */
function databaseIs(ahead: number, took = 0): void {
  answer = async () => {
    jest.advanceTimersByTime(took / 2);
    const now = Date.now() + ahead;
    jest.advanceTimersByTime(took / 2);
    return [{ now }];
  };
}

describe('R23: the clock of the database', () => {
  it.each([0, HOUR, -HOUR])('is told, %d ms from that of this machine', async (ahead) => {
    databaseIs(ahead, 400);
    await clock.read();
    expect(clock.now).toBeCloseTo(Date.now() + ahead, 3);
    expect(clock.seconds).toBe(Math.floor((Date.now() + ahead) / 1_000));
  });

  it('goes on when the one of this machine is set back', async () => {
    databaseIs(0);
    await clock.read();
    const before = clock.now;
    jest.advanceTimersByTime(5_000);
    jest.setSystemTime(Date.now() - HOUR);
    expect(clock.now).toBeCloseTo(before + 5_000, 3);
  });

  it('is not taken from an answer that took long, but for the first', async () => {
    databaseIs(HOUR, 6_000);
    await clock.read();
    expect(clock.now).toBeCloseTo(Date.now() + HOUR, 3);
    databaseIs(0, 6_000);
    await clock.read();
    expect(clock.now).toBeCloseTo(Date.now() + HOUR, 3);
  });

  it('stays when the database is away', async () => {
    databaseIs(HOUR);
    await clock.read();
    answer = () => Promise.reject(new Error('away'));
    await expect(clock.read()).rejects.toThrow('away');
    expect(clock.now).toBeCloseTo(Date.now() + HOUR, 3);
  });
});

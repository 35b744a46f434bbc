import { Logger } from '@nestjs/common';
import { Schedule } from './schedule.js';

let schedule: Schedule;
let warn: jest.SpyInstance;

beforeEach(() => {
  jest.useFakeTimers();
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
  schedule = new Schedule();
});
afterEach(() => {
  schedule.onApplicationShutdown();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('scheduled work', () => {
  it('is done every so often, for the first time after the first pause', async () => {
    const work = jest.fn(() => Promise.resolve());
    schedule.every(1_000, 'The work', work);
    await jest.advanceTimersByTimeAsync(999);
    expect(work).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(3_001);
    expect(work).toHaveBeenCalledTimes(4);
  });

  it('is never done twice at once, however long it takes', async () => {
    const gate = Promise.withResolvers<void>();
    const work = jest.fn(() => gate.promise);
    schedule.every(1_000, 'The work', work);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(work).toHaveBeenCalledTimes(1);
    gate.resolve();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('the database is away'))],
    [
      'throws',
      () => {
        throw new Error('the database is away');
      },
    ],
  ])('is tried again when it %s, and says so in the log', async (_, fail) => {
    const work = jest.fn(fail);
    schedule.every(5_000, 'The work', work);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(work).toHaveBeenCalledTimes(2);
    expect(warn).toHaveBeenCalledTimes(2);
    expect(warn).toHaveBeenCalledWith('The work failed; it is tried again in 5 s', expect.any(Error));
  });

  it('is no reason for other work to wait or to fail', async () => {
    const other = jest.fn(() => Promise.resolve());
    schedule.every(1_000, 'Slow', () => new Promise(() => undefined));
    schedule.every(1_000, 'Broken', () => Promise.reject(new Error('broken')));
    schedule.every(1_000, 'Other', other);
    await jest.advanceTimersByTimeAsync(3_000);
    expect(other).toHaveBeenCalledTimes(3);
  });

  it('ends with the service', async () => {
    const work = jest.fn(() => Promise.resolve());
    schedule.every(1_000, 'One', work);
    schedule.every(2_000, 'Other', work);
    schedule.onApplicationShutdown();
    expect(jest.getTimerCount()).toBe(0);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(work).not.toHaveBeenCalled();
  });
});

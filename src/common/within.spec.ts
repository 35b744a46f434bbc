import { stat } from 'node:fs';
import { isDoneWithin, within } from './within.js';

const never = new Promise<string>(() => undefined);
const refused = () => Promise.reject(new Error('refused'));

describe('within', () => {
  it('answers what the work answers, and rejects as it does', async () => {
    await expect(within(1_000, Promise.resolve('done'))).resolves.toBe('done');
    await expect(within(1_000, refused())).rejects.toThrow('refused');
  });

  it('rejects when there is no answer in time', async () => {
    await expect(within(5, never)).rejects.toThrow('no answer within 5 ms');
  });

  it('hears nothing of work that fails when it is late', async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    await expect(within(5, promise)).rejects.toThrow('no answer within 5 ms');
    // An unhandled rejection would fail this file.
    reject(new Error('refused'));
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('reads an answer that arrived while the process was busy', async () => {
    const answer = new Promise<string>((resolve) => stat('.', () => resolve('there')));
    const result = within(200, answer);
    for (const until = performance.now() + 300; performance.now() < until;);
    await expect(result).resolves.toBe('there');
  });

  it('leaves no timer behind', async () => {
    jest.useFakeTimers();
    try {
      await within(60_000, Promise.resolve());
      await Promise.resolve();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('isDoneWithin', () => {
  it('tells whether the work was done in time, and rejects as it does', async () => {
    await expect(isDoneWithin(1_000, Promise.resolve())).resolves.toBe(true);
    await expect(isDoneWithin(5, never)).resolves.toBe(false);
    await expect(isDoneWithin(1_000, refused())).rejects.toThrow('refused');
  });

  it('takes the lateness of work within the work for a failure', async () => {
    await expect(isDoneWithin(1_000, within(5, never))).rejects.toThrow('no answer within 5 ms');
  });
});

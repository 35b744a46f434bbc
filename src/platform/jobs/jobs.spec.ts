import type { Outbox } from '../outbox/outbox.js';
import { Handlers } from './handlers.js';
import { Jobs } from './jobs.js';

const CONTEXT = { id: '1', attempt: 1 };

describe('a drain', () => {
  const handlers = new Handlers();
  const jobs = new Jobs(handlers, {} as Outbox);
  const run = (name: string) => handlers.find(name)?.run({}, CONTEXT);

  it('removes a batch at a time until one is not full, on its schedule', async () => {
    let left = 25;
    const batches: number[] = [];
    const remove = async (batch: number) => {
      const removed = Math.min(batch, left);
      left -= removed;
      batches.push(removed);
      return removed;
    };
    jobs.drain({ name: 'things.remove_old', every: 60_000, batch: 10, remove });
    expect(jobs.schedules().map(({ job, every }) => [job.name, every])).toEqual([
      ['things.remove_old', 60_000],
    ]);
    await run('things.remove_old');
    expect(batches).toEqual([10, 10, 5]);
  });

  it('fails as its removal does, to be tried again', async () => {
    jobs.drain({
      name: 'things.fail',
      every: 60_000,
      batch: 10,
      remove: () => Promise.reject(new Error('no database')),
    });
    await expect(run('things.fail')).rejects.toThrow('no database');
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { NICENESS, preferEventLoop } from './thread-priority.js';

const threads = () =>
  readdirSync('/proc/self/task').map((id) => ({
    id: Number(id),
    name: readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim(),
  }));

// Elsewhere a thread has no priority of its own.
(process.platform === 'linux' ? describe : describe.skip)('the threads that hash', () => {
  it('P4, R24: come after the event loop', async () => {
    const usual = getPriority();
    await preferEventLoop();
    const hashing = threads().filter(({ name }) => name === 'libuv-worker');
    expect(hashing.length).toBeGreaterThan(0);
    for (const { id } of hashing) expect(getPriority(id)).toBe(usual + NICENESS);
    expect(getPriority(process.pid)).toBe(usual);
  });

  it('stay as they are where they may not be changed', async () => {
    const refused = jest.fn(() => {
      throw new Error('EACCES');
    });
    await preferEventLoop(refused);
    expect(refused).toHaveBeenCalledTimes(threads().filter(({ name }) => name === 'libuv-worker').length);
  });
});

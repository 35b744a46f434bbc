import { MemoryInbox } from './inbox.js';

it('has an effect once, however often and closely its event comes', async () => {
  const inbox = new MemoryInbox();
  let count = 0;
  const effect = async () => {
    await Promise.resolve();
    count += 1;
  };
  const ran = await Promise.all([inbox.once('a', effect), inbox.once('a', effect), inbox.once('a', effect)]);
  expect(ran).toEqual([true, false, false]);
  expect([await inbox.once('a', effect), await inbox.once('b', effect), count]).toEqual([false, true, 2]);
});

it('lets an event come again whose effect failed, also for who waited', async () => {
  const inbox = new MemoryInbox();
  const failing = inbox.once('a', () => Promise.reject(new Error('No')));
  const waiting = inbox.once('a', () => Promise.resolve());
  await expect(failing).rejects.toThrow('No');
  await expect(waiting).resolves.toBe(true);
  const sync = inbox.once('b', () => {
    throw new Error('At once');
  });
  await expect(sync).rejects.toThrow('At once');
  await expect(inbox.once('b', () => Promise.resolve())).resolves.toBe(true);
});

it('remembers the newest', async () => {
  const inbox = new MemoryInbox(2);
  for (const id of ['a', 'b', 'c']) await inbox.once(id, () => Promise.resolve());
  expect(await inbox.once('c', () => Promise.resolve())).toBe(false);
  expect(await inbox.once('a', () => Promise.resolve())).toBe(true);
});

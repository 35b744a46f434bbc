import { LISTENING_QUEUES } from '../platform/config/database-config.js';
import { allInOne } from './all-in-one.js';

describe('the queues of a process', () => {
  it('are as many as the connections that are counted for those who listen to them', () => {
    expect(allInOne.queues).toHaveLength(LISTENING_QUEUES);
  });

  it('have a name each', () => {
    expect(new Set(allInOne.queues.map(({ name }) => name)).size).toBe(LISTENING_QUEUES);
  });
});

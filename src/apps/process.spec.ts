import { defineFeature } from '../access/feature.js';
import { loadConfig } from '../platform/config/config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
import { WebModule } from '../web/web.module.js';
import { allInOne } from './all-in-one.js';
import { defineProcess } from './process.js';

describe('the queues of a process', () => {
  it('have a name each', () => {
    expect(new Set(allInOne.queues.map(({ name }) => name)).size).toBe(allInOne.queues.length);
  });

  it('are counted where connections are shared out: a feature’s own gets one too', () => {
    const queues = [{ name: 'crawling', atOnce: 1 }];
    const crawling = defineFeature({ name: 'crawling', module: () => WebModule, queues });
    const more = defineProcess({ ...allInOne, features: [...allInOne.features, crawling] });
    const jobsOf = ({ config }: typeof allInOne) =>
      loadConfig({ DATABASE_POOL_SIZE: '40' }, config, () => ({})).get(DatabaseConfig).connections.jobs;
    expect(jobsOf(more)).toBe(jobsOf(allInOne) + 1);
  });
});

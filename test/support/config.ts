import { allInOne } from '../../src/apps/all-in-one.js';
import { type Config, loadConfig } from '../../src/platform/config/config.js';
import { TEST_ENVIRONMENT } from './environment.js';

const refuse = () => {
  throw new Error('The tests set every secret');
};

/** The configuration of the all-in-one process. */
export function testConfig(overrides: Record<string, string> = {}): Config {
  return loadConfig({ ...TEST_ENVIRONMENT, ...overrides }, allInOne.config, refuse);
}

import { type Config, loadConfig } from '../../src/platform/config/config.js';
import type { Section } from '../../src/platform/config/section.js';
import { platformSections } from '../../src/platform/platform.config.js';

/** Secrets of the tests; long enough, good for nothing. */
export const TEST_ENVIRONMENT: Readonly<Record<string, string>> = {
  NODE_ENV: 'test',
  PORT: '0',
  PUBLIC_BASE_URL: 'http://gatehouse.test',
  LOG_LEVEL: 'silent',
  DOCS_ENABLED: 'true',
  APP_SECRET: 'T4uHkq8Zs2VdYbN1xGm6Wc9RfPj3LoAe',
  KEY_ENCRYPTION_SECRET: 'b7QnXe2JrKw5ZtVh8YcMd1Sg4PuLf9Ta',
  PASSWORD_PEPPER: 'Hy3Lm7Vx1Bq9Dn5Kz2Tw8Rj4Gc6Pf0Us',
  BCRYPT_COST: '4',
  RATE_LIMIT: '1000000',
  LOGIN_RATE_LIMIT: '1000000',
  NEW_PASSWORD_RATE_LIMIT: '1000000',
  ADDRESS_FAILURE_LIMIT: '1000000',
  ADDRESS_MESSAGE_LIMIT: '1000000',
  HASHING_QUEUE: '1000',
  REQUESTS_AT_ONCE: '10000',
  // Nothing stands before a test's service that has to hear of its end; in production it would wait for 5 s.
  SHUTDOWN_DELAY: '0',
};

/** One section, and those of the platform: for unit specs, which need no more of the product. */
export function platformConfig(overrides: Record<string, string> = {}, ...sections: Section[]): Config {
  return loadConfig({ ...TEST_ENVIRONMENT, ...overrides }, [...platformSections(4), ...sections], () => {
    throw new Error('The tests set every secret');
  });
}

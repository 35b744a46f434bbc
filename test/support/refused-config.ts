import { ConfigurationError } from '../../src/platform/config/config.js';

/** Secrets that are good in production. */
export const SECRETS = {
  APP_SECRET: 'QmV0dGVyIHNvcnJ5IHRoYW4gc2FmZSEhIQ==',
  KEY_ENCRYPTION_SECRET: 'VGhlIHNlY29uZCBvZiB0aHJlZSBzZWNyZXRz',
  PASSWORD_PEPPER: 'VGhlIHRoaXJkIG9mIHRocmVlIHNlY3JldHM=',
};

/** What production demands, and no more. */
export const PRODUCTION = {
  ...SECRETS,
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://gatehouse@db.internal/gatehouse',
  PUBLIC_BASE_URL: 'https://id.example.com',
};

/** Why the configuration is refused; without a fault when it is not. */
export function refusalIn(load: () => unknown): ConfigurationError {
  try {
    load();
    return new ConfigurationError(new Map());
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

/** The reasons by variable; none when the configuration is accepted. */
export function faultsIn(load: () => unknown): Record<string, string> {
  return Object.fromEntries(refusalIn(load).faults);
}

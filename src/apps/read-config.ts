import { type Config, loadConfig } from '../platform/config/config.js';
import { developmentSecrets } from '../platform/config/development-secrets.js';
import type { ProcessConfig } from '../platform/config/process.config.js';
import type { ProvideSecrets, Unread } from '../platform/config/section.js';
import type { ProcessDefinition } from './process.js';
import { readEnvFile } from '../platform/config/env-file.js';

/** What NODE_ENV is when nobody sets it: production, unless the scripts of developers say otherwise. */
export function environmentOf(argv: readonly string[]): ProcessConfig['environment'] {
  return argv.includes('--development') ? 'development' : 'production';
}

/**
 * The configuration of this process: `overrides`, then its environment, then the file `.env`. What NODE_ENV is when nobody
 * says is for whoever calls to decide: what serves is never in development because a setting was left out.
 *
 * @throws ConfigurationError
 */
export function readConfig(
  { config: sections }: ProcessDefinition,
  environment: ProcessConfig['environment'] = 'development',
  overrides: Readonly<Record<string, string>> = {},
  provideSecrets: ProvideSecrets = developmentSecrets,
): Config {
  return loadConfig({ ...readSettings(environment), ...overrides }, sections, provideSecrets);
}

/** What is set, by the environment and the file `.env`, before it is read. @throws ConfigurationError for the file */
export function readSettings(environment: ProcessConfig['environment']): Unread {
  readEnvFile('.env', process.env);
  // For libraries too, which look there.
  process.env.NODE_ENV ||= environment;
  return { ...process.env };
}

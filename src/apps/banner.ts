import { version } from '../common/version.js';
import type { FirstAdministrator } from '../../seeds/first-administrator.js';
import type { Config } from '../platform/config/config.js';
import { HttpConfig } from '../platform/http/http.config.js';
import { ProcessConfig } from '../platform/config/process.config.js';
import { ProductConfig } from '../platform/product/product.config.js';
import { RedisConfig } from '../platform/redis/redis.config.js';
import { addressOf } from '../platform/database/connect.js';
import type { Database } from './open-database.js';
import { switchesOf } from './switches.js';

/** What a start tells: where everything is, and how the first administrator gets in. */
export function banner(
  config: Config,
  url: string,
  database: Database,
  administrator: FirstAdministrator | null,
): string {
  const base = url
    .replace('127.0.0.1', 'localhost')
    .replace('0.0.0.0', 'localhost')
    .replace('[::1]', 'localhost');
  const lines = [
    '',
    `  ${config.get(ProductConfig).name} is running${environmentNote(config)}`,
    '',
    `  Version   ${version}`,
    `  API       ${base}/api/v1`,
    ...(config.get(HttpConfig).docsEnabled ? [`  Docs      ${base}/docs  and  ${base}/redoc`] : []),
    ...(config.get(ProcessConfig).environment === 'production' ? [] : [`  Mailbox   ${base}/dev/mailbox`]),
    `  Database  ${databaseLine(database)}`,
    ...switchLines(config),
    ...(config.get(ProcessConfig).isWorker
      ? []
      : ['', '  The background is left to workers (SERVICE=worker).']),
    '',
    ...administratorLines(administrator),
  ];
  return `${lines.join('\n')}\n`;
}

/** As {@link banner}, for a process without an API. */
export function workerBanner(
  config: Config,
  database: Database,
  administrator: FirstAdministrator | null,
): string {
  const jobs = config.get(RedisConfig).url === null ? 'in the database' : 'in Redis';
  const lines = [
    '',
    `  ${config.get(ProductConfig).name} worker is running${environmentNote(config)}`,
    '',
    `  Version   ${version}`,
    `  Jobs      ${jobs}`,
    `  Database  ${databaseLine(database)}`,
    ...switchLines(config),
    '',
    ...administratorLines(administrator),
  ];
  return `${lines.join('\n')}\n`;
}

/** Nobody should find out by accident that this is not production. */
function environmentNote(config: Config): string {
  const { environment } = config.get(ProcessConfig);
  return environment === 'production'
    ? ''
    : ` in ${environment.toUpperCase()}: not for real users (NODE_ENV)`;
}

function switchLines(config: Config): string[] {
  const { on, off } = switchesOf(config);
  return [`  On        ${on.join(', ')}`, `  Off       ${off.join(', ')}`];
}

function databaseLine({ embedded, dataDir, url }: Database): string {
  return embedded ? `embedded Postgres, data in ${dataDir}` : addressOf(url);
}

/** As {@link banner}, for a log that machines read. `url` is null for a process without an API; `managementPort` is where it listens. */
export function startLine(
  config: Config,
  url: string | null,
  database: Database,
  administrator: FirstAdministrator | null,
  managementPort: number | null = null,
): object {
  return {
    event: 'started',
    version,
    node: process.version,
    service: config.get(ProcessConfig).service,
    background: config.get(ProcessConfig).isWorker,
    ...(url !== null && { api: `${url}/api/v1`, public: config.get(HttpConfig).publicBaseUrl }),
    ...(managementPort !== null && { managementPort }),
    database: databaseLine(database),
    ...switchesOf(config),
    ...(administrator && { administrator: administrator.email }),
    // A generated password is shown to people only, on the banner.
    ...(administrator &&
      administrator.with !== 'generated password' && { wayIn: wayIn(administrator).join(' ') }),
  };
}

export function administratorLines(administrator: FirstAdministrator | null): string[] {
  if (!administrator) return [];
  return [`  Administrator  ${administrator.email}`, ...wayIn(administrator).map((line) => `  ${line}`), ''];
}

/** A generated password is for development, where people read this. */
function wayIn(administrator: FirstAdministrator): string[] {
  switch (administrator.with) {
    case 'configured password':
      return ['Password       as set in ADMIN_PASSWORD'];
    case 'generated password':
      return [`Password       ${administrator.password}  (shown this once)`];
    case 'no password yet':
      return [
        'A link to set a password with, as often as it is asked for:',
        `node dist/src/cli.js user reset-password ${administrator.userId}`,
      ];
    case 'address of another user':
      return [
        "There is no administrator yet: the address (ADMIN_EMAIL) is another user's already.",
        'Set ADMIN_EMAIL to an address that nobody has, and start again.',
      ];
    default:
      return administrator satisfies never;
  }
}

import type { FirstAdministrator } from '../../seeds/first-administrator.js';
import type { Config } from '../platform/config/config.js';
import { addressOf } from '../platform/database/connect.js';
import type { Database } from './open-database.js';

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
    `  Gatehouse is running${environmentNote(config)}`,
    '',
    `  API       ${base}/api/v1`,
    ...(config.http.docsEnabled ? [`  Docs      ${base}/docs  and  ${base}/redoc`] : []),
    ...(config.environment === 'production' ? [] : [`  Mailbox   ${base}/dev/mailbox`]),
    `  Database  ${databaseLine(database)}`,
    ...(config.jobs.isWorker ? [] : ['', '  The background is left to workers (SERVICE=worker).']),
    '',
    ...administratorLines(config, administrator),
  ];
  return `${lines.join('\n')}\n`;
}

/** As {@link banner}, for a process without an API. */
export function workerBanner(
  config: Config,
  database: Database,
  administrator: FirstAdministrator | null,
): string {
  const jobs = config.redis.url === null ? 'in the database' : 'in Redis';
  const lines = [
    '',
    `  Gatehouse worker is running${environmentNote(config)}`,
    '',
    `  Jobs      ${jobs}`,
    `  Database  ${databaseLine(database)}`,
    '',
    ...administratorLines(config, administrator),
  ];
  return `${lines.join('\n')}\n`;
}

/** Nobody should find out by accident that this is not production. */
function environmentNote({ environment }: Config): string {
  return environment === 'production'
    ? ''
    : ` in ${environment.toUpperCase()}: not for real users (NODE_ENV)`;
}

function databaseLine({ embedded, dataDir, url }: Database): string {
  return embedded ? `embedded Postgres, data in ${dataDir}` : addressOf(url);
}

export function administratorLines(config: Config, administrator: FirstAdministrator | null): string[] {
  if (!administrator) return [];
  const name = `  Administrator  ${administrator.email}`;
  switch (administrator.with) {
    case 'configured password':
      return [name, '  Password       as set in ADMIN_PASSWORD', ''];
    case 'generated password':
      return [name, `  Password       ${administrator.password}  (shown this once)`, ''];
    case 'one-time token':
      return [
        name,
        `  Set a password with this token, good once and shown this once:`,
        `  ${administrator.token}`,
        `  curl -X POST ${config.http.publicBaseUrl}/api/v1/auth/password/reset -H 'content-type: application/json' \\`,
        `    -d '{"token":"${administrator.token}","newPassword":"…"}'`,
        '',
      ];
    case 'address of another user':
      return [
        `  There is no administrator yet: ${administrator.email} (ADMIN_EMAIL) is another user's already.`,
        '  Set ADMIN_EMAIL to an address that nobody has, and start again.',
        '',
      ];
    default:
      return administrator satisfies never;
  }
}

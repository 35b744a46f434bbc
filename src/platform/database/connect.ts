import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';

/** The database did not answer within the time allowed at start. */
export class DatabaseUnreachable extends Error {
  constructor(address: string, seconds: number, cause: unknown) {
    super(
      `The database at ${address} did not accept a connection ${waited(seconds, cause)}: ${reasonOf(cause)}.\n` +
        'Check that it runs and that DATABASE_URL names its host, port, user and database.',
      { cause },
    );
    this.name = 'DatabaseUnreachable';
  }
}

function waited(seconds: number, cause: unknown): string {
  return HOPELESS.has(codeOf(cause) ?? '') ? 'and will not' : `within ${seconds} s`;
}

/** Wrong password, missing database or role: waiting would not help. */
const HOPELESS = new Set(['28P01', '28000', '3D000']);

/**
 * Connects, trying again with growing pauses while the server is starting or away.
 *
 * @throws DatabaseUnreachable after `seconds`, or at once when the server refuses the user or the database.
 */
export async function connect(dataSource: DataSource, url: string, seconds: number): Promise<DataSource> {
  const deadline = performance.now() + seconds * 1000;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await dataSource.initialize();
    } catch (error) {
      const pause = Math.min(100 * 2 ** attempt, 2_000);
      if (HOPELESS.has(codeOf(error) ?? '') || performance.now() + pause > deadline) {
        throw new DatabaseUnreachable(addressOf(url), seconds, error);
      }
      await delay(pause);
    }
  }
}

/** Host, port and database of a connection URL; never its user or password. */
export function addressOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || '5432'}${pathname}`;
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return error instanceof Error && error.message ? error.message : String(codeOf(error) ?? error);
}

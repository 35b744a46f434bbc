import { QueryFailedError } from 'typeorm';

/** What node-postgres makes of an error message of the server. */
export interface ServerError {
  /** SQLSTATE. */
  readonly code?: string;
  /** The function of the server that refused; unlike the message in one language everywhere. */
  readonly routine?: string;
}

/** The server takes no writes: it was demoted, has not been promoted yet, or is told so. */
const READ_ONLY = '25006';
/** feature_not_supported: a prepared statement met a table that has changed since is one case of it. */
const NOT_SUPPORTED = '0A000';
const STALE_PLAN_ROUTINE = 'RevalidateCachedQuery';
/**
 * The server is away, starting, stopping, without resources or lets nobody in (classes 08, 28, 53, 57P, 3D000), breaks
 * (58030), or has ended what took too long (25P03, 25P04).
 */
const AWAY = /^(08|28|53|57P|3D000|58030|25P0[34])/;
const NETWORK_DOWN = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);
/**
 * node-postgres and TypeORM report these without a code. The last is what is said of the next statement, or the COMMIT, of a
 * transaction whose connection was lost after the statement before.
 */
const POOL_FAILURE =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|DataSource is not connected|Cannot use a pool after|Client was closed and is not queryable|Client has encountered a connection error|query runner (was )?already released/i;
/** Statement cancelled by a timeout, lock not available, deadlock, serialization failure. */
const BUSY = new Set(['57014', '55P03', '40P01', '40001']);

/** How far a refusal reaches: to nothing but the statement, to the connection it came over, or to all there are. */
export type Reach = 'statement' | 'connection' | 'pool';

/**
 * What an answer of the server says about the connection it came over. A server that takes no writes has most likely
 * taken the place of one that did, and plans get stale on all connections at once: the other connections are no better.
 */
export function reachOf({ code = '', routine }: ServerError): Reach {
  if (code === READ_ONLY || isStalePlan({ code, routine })) return 'pool';
  return AWAY.test(code) ? 'connection' : 'statement';
}

/** A table has changed under a statement that was prepared before: prepared anew it works. */
export function isStalePlan({ code, routine }: ServerError): boolean {
  return code === NOT_SUPPORTED && routine === STALE_PLAN_ROUTINE;
}

/** Whether the database could not do now what it can do at another time: nothing was changed, and trying again may help. */
export function isDatabaseFailure(error: unknown): boolean {
  const source = (error instanceof QueryFailedError ? error.driverError : error) as
    (ServerError & { readonly message?: unknown }) | null | undefined;
  const code = typeof source?.code === 'string' ? source.code : '';
  const message = typeof source?.message === 'string' ? source.message : '';
  return (
    reachOf({ code, routine: source?.routine }) !== 'statement' ||
    BUSY.has(code) ||
    NETWORK_DOWN.has(code) ||
    POOL_FAILURE.test(message)
  );
}

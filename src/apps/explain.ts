import { AppError } from '../common/app-error.js';
import { ValidationFailed } from '../platform/http/http.errors.js';
import type { FieldError } from '../platform/http/validation.pipe.js';

/** Errors whose message is all an operator needs. */
const SELF_EXPLAINING = new Set([
  'ConfigurationError',
  'DatabaseUnreachable',
  'EmbeddedPostgresError',
  'NoDatabase',
  'CannotListen',
  'InstallationUnknown',
  'RedisUnusable',
  'NotPrepared',
  'CommandFailed',
]);

/** All an operator needs to know of the error; undefined where that is where it came from. */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof ValidationFailed)
    return (error.members.errors as FieldError[]).map(({ message }) => message).join('\n');
  if (error instanceof AppError) return error.detail;
  return error instanceof Error && SELF_EXPLAINING.has(error.name) ? error.message : undefined;
}

/** As text; `what` says what could not be done. */
export function explain(error: unknown, what: string): string {
  const origin = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return reasonOf(error) ?? `${what}: ${origin}`;
}

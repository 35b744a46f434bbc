import { QueryFailedError } from 'typeorm';

/** unique_violation, foreign_key_violation, check_violation */
const CONSTRAINT_VIOLATIONS = new Set(['23505', '23503', '23514']);

interface PostgresError {
  code?: string;
  constraint?: string;
}

/** The name of the constraint or unique index that refused a row, or null when `error` is something else. */
export function violatedConstraint(error: unknown): string | null {
  if (!(error instanceof QueryFailedError)) return null;
  const { code, constraint } = error.driverError as PostgresError;
  return code !== undefined && CONSTRAINT_VIOLATIONS.has(code) ? (constraint ?? null) : null;
}

/**
 * Runs `write` and turns a violation of a named constraint into the domain's own error, so that such rules are
 * decided by the database alone, whatever runs at the same time.
 */
export async function mapConstraintViolation<T>(
  constraints: Readonly<Record<string, () => Error>>,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const name = violatedConstraint(error);
    const toError = name === null ? undefined : constraints[name];
    throw toError ? toError() : error;
  }
}

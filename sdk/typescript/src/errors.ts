import type { FieldProblem, Problem, ProblemCode } from './generated/types.gen.js';

/** A code of this version of the API, or one that only a newer server knows. */
export type AnyProblemCode = OrAnother<ProblemCode>;

/** Any text; editors offer the known ones. */
type OrAnother<Known extends string> = Known | (string & Record<never, never>);

/** What every error of this package is; an abort is none: it rejects with the reason of its signal. */
export class GatehouseError extends Error {
  override readonly name: string = 'GatehouseError';
}

/** The service refused the request, and says why (RFC 9457). Decide by `code`. */
export class ProblemError extends GatehouseError {
  override readonly name = 'ProblemError';
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: AnyProblemCode;
  /** Quote it when you report something. */
  readonly requestId: string;
  /** With `validation_failed`: one for each field that was refused, else none. */
  readonly errors: readonly FieldProblem[];

  constructor(
    problem: Problem,
    readonly response: Response,
  ) {
    super(`${problem.code}: ${problem.detail}`);
    this.type = problem.type;
    this.title = problem.title;
    this.status = response.status;
    this.detail = problem.detail;
    this.instance = problem.instance;
    this.code = problem.code;
    this.requestId = problem.requestId;
    this.errors = problem.errors ?? [];
  }

  /** Seconds to wait before the next try, where the service says so. */
  get retryAfter(): number | undefined {
    return secondsToWait(this.response);
  }
}

/** Nobody is signed in, or no longer: sign in again. Tokens that were kept are gone. */
export class SignedOutError extends GatehouseError {
  override readonly name = 'SignedOutError';
}

/** No answer arrived: no network, no such host, a connection that broke. Whether the request was carried out is unknown. */
export class NetworkError extends GatehouseError {
  override readonly name = 'NetworkError';
}

/** No answer arrived in time. Whether the request was carried out is unknown. */
export class TimeoutError extends GatehouseError {
  override readonly name = 'TimeoutError';
}

/** The answer is not the service's: that of a proxy, or of a network that wants a sign-in of its own. */
export class UnexpectedAnswerError extends GatehouseError {
  override readonly name = 'UnexpectedAnswerError';

  constructor(
    readonly response: Response,
    /** What came, at most 1,000 characters. */
    readonly excerpt: string,
  ) {
    super(
      `Something else than the service answered ${response.status}. Check the base URL and what is in between.`,
    );
  }
}

/** 304: what you have, and named in `If-None-Match`, is still true. */
export class NotModifiedError extends GatehouseError {
  override readonly name = 'NotModifiedError';

  constructor(readonly response: Response) {
    super('Not modified: what you have is still true.');
  }
}

/** Whether the service refused the request, for one of these reasons where any are named. */
export function isProblem(error: unknown): error is ProblemError;
export function isProblem<Code extends ProblemCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is ProblemError & { readonly code: Code };
export function isProblem(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof ProblemError && (codes.length === 0 || codes.includes(error.code));
}

/** `Retry-After` in seconds, also where a proxy has written it as a date (RFC 9110 section 10.2.3). */
export function secondsToWait(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const until = Date.parse(value);
  return Number.isNaN(until) ? undefined : Math.max(0, Math.ceil((until - Date.now()) / 1000));
}

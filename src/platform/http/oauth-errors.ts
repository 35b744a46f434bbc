import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import type { AppError } from '../../common/app-error.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    hasOAuthErrors?: boolean;
  }
}

/** Route configuration of the endpoints that OAuth 2 clients call: forms beside JSON, and errors in their words too. */
export const OAUTH_ENDPOINT = { acceptsForm: true, hasOAuthErrors: true } as const;

/** Where an error says nothing more exact: RFC 6749 section 5.2, RFC 6750 section 3.1, and what is registered beside. */
const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'invalid_token',
  403: 'access_denied',
  429: 'temporarily_unavailable',
  500: 'server_error',
  503: 'temporarily_unavailable',
};

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

/** How an error is answered. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Added to the problem. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** What of a request says how an error is answered. */
export interface Asked extends Pick<FastifyRequest, 'headers'> {
  readonly routeOptions?: { readonly config?: FastifyContextConfig };
}

/** Whether the body is a form, which is what OAuth 2 clients send. */
export function isForm({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
}

/** What OAuth 2 calls an error. */
export function oauthErrorOf({
  status,
  oauthError,
}: {
  status: number;
  oauthError: string | undefined;
}): string {
  return oauthError ?? BY_STATUS[status] ?? 'invalid_request';
}

/**
 * Whether a form is answered 400 where JSON is answered 401: a refused grant, which is no challenge to sign in (RFC 6749
 * section 5.2).
 */
export function isRefusedGrant({
  status,
  oauthError,
}: {
  status: number;
  oauthError: string | undefined;
}): boolean {
  return status === 401 && oauthError !== undefined;
}

/**
 * The answer to a refused request. Endpoints for OAuth 2 clients add `error` and `error_description` to the problem; what
 * came as a form they answer with the media type and the status of RFC 6749 section 5.2 too: a refused grant is 400 there.
 */
export function answerOf(problem: AppError, request: Asked): Answer {
  const { spec, headers, oauthError } = problem;
  if (request.routeOptions?.config?.hasOAuthErrors !== true) {
    return { status: spec.status, type: PROBLEM_JSON, headers, members: {} };
  }
  const members = {
    error: oauthErrorOf({ status: spec.status, oauthError }),
    error_description: describe(problem.detail),
  };
  if (!isForm(request)) return { status: spec.status, type: PROBLEM_JSON, headers, members };
  const type = 'application/json; charset=utf-8';
  if (!isRefusedGrant({ status: spec.status, oauthError }))
    return { status: spec.status, type, headers, members };
  const { 'WWW-Authenticate': _challenge, ...others } = headers;
  return { status: 400, type, headers: others, members: { ...members, status: 400 } };
}

/** The characters RFC 6749 section 5.2 allows. */
function describe(text: string): string {
  return text
    .replaceAll(/["\\]/g, "'")
    .replaceAll('…', '...')
    .replaceAll(/[^\x20-\x7e]/g, '?');
}

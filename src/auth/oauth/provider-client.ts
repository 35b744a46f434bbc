import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { AppError } from '../../common/app-error.js';
import type { ProviderAccount } from '../directory/user-directory.js';
import { OAuthDenied, OAuthFailed, OAuthProviderUnavailable } from './oauth.errors.js';

/** Seconds a provider has for each answer. */
export const PROVIDER_TIMEOUT = 5;

/** What ties an answer of the provider to the request it answers. */
export interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  /** PKCE (RFC 7636) */
  readonly verifier: string;
}

/** One provider, spoken to in its own way. */
export interface ProviderClient {
  /** Where the browser goes to sign in. */
  authorizationUrl(redirectUri: string, secrets: FlowSecrets): Promise<URL>;
  /** Who came back, from the address the browser was sent to. Throws what {@link refusalOf} tells apart. */
  identify(callback: URL, secrets: FlowSecrets): Promise<ProviderAccount>;
}

/** The provider is another than the one that is configured, by what its metadata or its ID token say. */
export class IssuerMismatch extends Error {
  constructor(configured: string, found: unknown) {
    super(
      `the configured issuer is ${configured}, the provider says ${JSON.stringify(found)?.slice(0, 200)}`,
    );
    this.name = 'IssuerMismatch';
  }
}

/** The error the caller is told: they declined, the provider is down, or its answer is no good. */
export function refusalOf(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof AuthorizationResponseError) {
    if (error.error === 'access_denied') return new OAuthDenied(undefined, { cause: error });
    const isPassing = error.error === 'temporarily_unavailable' || error.error === 'server_error';
    return isPassing ? new OAuthProviderUnavailable(error) : new OAuthFailed(undefined, { cause: error });
  }
  return isOutage(error) ? new OAuthProviderUnavailable(error) : new OAuthFailed(undefined, { cause: error });
}

export const isPassingStatus = (status: number): boolean => status >= 500 || status === 429;

/** No answer, or one that says to come back later. */
function isOutage(error: unknown): boolean {
  if (error instanceof ResponseBodyError) return isPassingStatus(error.status);
  if (!(error instanceof ClientError)) return error instanceof TypeError && !('code' in error);
  if (error.code === undefined || error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_ABORT') return true;
  const status = (error.cause as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' && isPassingStatus(status);
}

/** For log and audit: which check failed. Messages and causes may hold what the provider told of somebody. */
export function reasonOf(error: unknown): string {
  if (error instanceof IssuerMismatch) return error.message;
  const { code, error: oauth, name } = error as { code?: unknown; error?: unknown; name?: unknown };
  return String(oauth ?? code ?? name).slice(0, 64);
}

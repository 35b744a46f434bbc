import { MAX_ID } from '../../platform/http/id-param.decorator.js';

/** The claims of a verified access token. Times are seconds since 1970. */
export interface AccessTokenClaims {
  readonly userId: number;
  readonly sessionId: number;
  readonly kid: string;
  readonly iss: string;
  readonly aud: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  /** How the user proved who they are (RFC 8176). Tokens of before it was kept say nothing. */
  readonly amr: readonly string[] | undefined;
  /** When they last did. Tokens of before it was kept say nothing. */
  readonly authTime: number | undefined;
}

/** How far `exp` and `nbf` may be off. Seconds. */
export const LEEWAY = 30;

/**
 * Reads the claims of a token that has been verified. Null when one is missing or odd, but for `amr` and
 * `auth_time`, which may be missing. An `iat` in the future is not odd: it
 * says how old a token is, not from when it is good (RFC 7519 section 4.1.6).
 */
export function readClaims(payload: Record<string, unknown>, kid: string): AccessTokenClaims | null {
  const { sub, sid, jti, iat, exp, iss, aud, amr, auth_time: authTime } = payload;
  const userId = idOf(sub, MAX_ID);
  const sessionId = idOf(sid, Number.MAX_SAFE_INTEGER);
  if (userId === null || sessionId === null) return null;
  if (typeof jti !== 'string' || typeof iss !== 'string' || typeof aud !== 'string') return null;
  if (typeof iat !== 'number' || typeof exp !== 'number') return null;
  if (amr !== undefined && !isTexts(amr)) return null;
  if (authTime !== undefined && typeof authTime !== 'number') return null;
  return { userId, sessionId, kid, iss, aud, jti, iat, exp, amr, authTime };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function idOf(value: unknown, max: number): number | null {
  if (typeof value !== 'string' || !/^[1-9][0-9]{0,15}$/.test(value)) return null;
  return Number(value) <= max ? Number(value) : null;
}

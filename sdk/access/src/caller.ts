import type { JWTPayload } from 'jose';

/** Who called, as a verified access token says. Times are seconds since 1970. */
export interface Caller {
  readonly userId: number;
  readonly sessionId: number;
  /** `jti` */
  readonly tokenId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** How they proved who they are (RFC 8176): `pwd`, `otp`, `fed`. Empty where the token does not say. */
  readonly methods: readonly string[];
  /** When they last did; ask for a new sign-in where that is too long ago. */
  readonly signedInAt: number | undefined;
}

/** Null when a claim is missing or odd. */
export function readCaller(payload: JWTPayload): Caller | null {
  const { sub, sid, jti, iat, exp, amr = [], auth_time: signedInAt } = payload;
  const [userId, sessionId] = [idOf(sub), idOf(sid)];
  if (userId === null || sessionId === null || typeof jti !== 'string') return null;
  if (typeof iat !== 'number' || typeof exp !== 'number') return null;
  if (!Array.isArray(amr) || !amr.every((method) => typeof method === 'string')) return null;
  if (signedInAt !== undefined && typeof signedInAt !== 'number') return null;
  return { userId, sessionId, tokenId: jti, issuedAt: iat, expiresAt: exp, methods: amr, signedInAt };
}

function idOf(value: unknown): number | null {
  if (typeof value !== 'string' || !/^[1-9][0-9]{0,15}$/.test(value)) return null;
  return Number.isSafeInteger(Number(value)) ? Number(value) : null;
}

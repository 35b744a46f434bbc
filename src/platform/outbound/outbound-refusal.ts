/** What an address of the outside may be refused for; named like the rules of validation. */
export type OutboundRule =
  'isUrl' | 'isHttps' | 'hasNoCredentials' | 'isNotOwnHost' | 'hasAllowedPort' | 'isPublicAddress';

/** The service does not call this address. The message says why, in words for the person who set it. */
export class OutboundRefusal extends Error {
  constructor(
    readonly rule: OutboundRule,
    message: string,
  ) {
    super(message);
    this.name = 'OutboundRefusal';
  }
}

/**
 * Why a call failed.
 * - `refused_url`, `refused_address`: the service did not call; see {@link OutboundRefusal}
 * - `unresolved`: the name has no address
 * - `unreachable`: no connection
 * - `tls`: no secure connection, such as a certificate that does not match
 * - `timeout`: no connection, or no status, in time
 * - `broken`: the connection ended early, or what came is no HTTP
 */
export type OutboundFailureKind =
  'refused_url' | 'refused_address' | 'unresolved' | 'unreachable' | 'tls' | 'timeout' | 'broken';

/** A call that brought no status. */
export class OutboundFailure extends Error {
  constructor(
    readonly kind: OutboundFailureKind,
    options?: ErrorOptions,
  ) {
    super(`An outbound call failed: ${kind}`, options);
    this.name = 'OutboundFailure';
  }
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
]);
const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT']);
/** OpenSSL's verification errors carry names of their own: CERT_HAS_EXPIRED, UNABLE_TO_VERIFY_LEAF_SIGNATURE … */
const TLS = /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_)/;

/** Reads what went wrong from an error of Node or undici. */
export function failureFrom(error: unknown): OutboundFailure {
  if (error instanceof OutboundFailure) return error;
  return new OutboundFailure(kindOf(error), { cause: error });
}

function kindOf(error: unknown): OutboundFailureKind {
  if (error instanceof OutboundRefusal) {
    return error.rule === 'isPublicAddress' ? 'refused_address' : 'refused_url';
  }
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  if (name === 'TimeoutError' || TIMEOUTS.has(String(code))) return 'timeout';
  if (UNREACHABLE.has(String(code))) return 'unreachable';
  return TLS.test(String(code)) ? 'tls' : 'broken';
}

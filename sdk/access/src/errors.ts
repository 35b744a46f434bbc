/** An error as it is answered, `application/problem+json` (RFC 9457): with the members that those of Gatehouse have. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Decide by it: it does not change. */
  readonly code: string;
}

/** Why a request is refused. Adapters answer `problem` with `status` and `headers`; `cause` is for your log only. */
export abstract class AccessError extends Error {
  abstract readonly status: number;
  abstract readonly code: string;
  /** The same for every occurrence; `message` says what is wrong this time. */
  abstract readonly title: string;
  readonly headers: Readonly<Record<string, string>> = {};

  get problem(): Problem {
    const { code, title, status, message } = this;
    return { type: `urn:gatehouse:error:${code}`, title, status, detail: message || title, code };
  }
}

/** No access token came along. RFC 6750 section 3.1: the challenge carries no error code then. */
export class AuthenticationRequired extends AccessError {
  override readonly name = 'AuthenticationRequired';
  readonly status = 401;
  readonly code = 'authentication_required';
  readonly title = 'Sign in first: send an access token as "Authorization: Bearer …".';
  override readonly headers = { 'WWW-Authenticate': 'Bearer' };
}

/** The token is forged, over, meant for somebody else, or its session has ended. */
export class InvalidAccessToken extends AccessError {
  override readonly name = 'InvalidAccessToken';
  readonly status = 401;
  readonly code = 'invalid_access_token';
  readonly title = 'The access token is not valid, or no longer. Sign in again.';
  override readonly headers = { 'WWW-Authenticate': 'Bearer error="invalid_token"' };

  constructor(cause?: unknown) {
    super('', { cause });
  }
}

export class PrivilegeRequired extends AccessError {
  override readonly name = 'PrivilegeRequired';
  readonly status = 403;
  readonly code = 'privilege_required';
  readonly title = 'Your role does not hold the privilege this needs.';

  constructor(readonly privilege?: string) {
    super(
      privilege === undefined
        ? 'This route declares no access rule and is closed.'
        : `This needs the privilege ${privilege}.`,
    );
  }
}

/** Gatehouse could not be asked, so nobody knows: what is not known to be allowed is refused. */
export class AccessUnavailable extends AccessError {
  override readonly name = 'AccessUnavailable';
  readonly status = 503;
  readonly code = 'service_unavailable';
  readonly title = 'Whether you may do this cannot be asked right now. Try again shortly.';
  override readonly headers: Readonly<Record<string, string>>;

  /** `reason` is for the log, no caller sees it. `retryAfter` in seconds. */
  constructor(
    readonly reason: string,
    options: { readonly cause?: unknown; readonly retryAfter?: number } = {},
  ) {
    super('', { cause: options.cause });
    this.headers = { 'Retry-After': String(options.retryAfter ?? 1) };
  }
}

/** A message that is not one of Gatehouse's webhooks, was altered, or is too old. `reason` is for the log. */
export class WebhookRefused extends AccessError {
  override readonly name = 'WebhookRefused';
  readonly status = 401;
  readonly code = 'webhook_refused';
  readonly title = 'This is no webhook of Gatehouse, or an old one.';

  constructor(readonly reason: string) {
    super('');
  }
}

export interface ErrorSpec {
  /** Stable machine-readable code, listed in docs/errors.md. */
  readonly code: string;
  /** HTTP status the error is answered with. */
  readonly status: number;
  /** Short public sentence, the same for every occurrence (RFC 9457 `title`). */
  readonly title: string;
}

export interface AppErrorOptions extends ErrorOptions {
  /** Response headers the error brings along, such as `WWW-Authenticate`. */
  headers?: Readonly<Record<string, string>>;
  /** Members added to the problem body, such as `errors` of a validation. */
  members?: Readonly<Record<string, unknown>>;
  /** What OAuth 2 calls the error, where an endpoint for its clients answers it. */
  oauthError?: string;
}

/**
 * A failure the caller may be told about. `detail` is public and says what to do; what only the operator
 * should see goes into `cause`.
 */
export abstract class AppError extends Error {
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;
  readonly oauthError: string | undefined;

  constructor(
    readonly spec: ErrorSpec,
    readonly detail: string,
    options: AppErrorOptions = {},
  ) {
    super(`${spec.code}: ${detail}`, options);
    this.name = new.target.name;
    this.headers = options.headers ?? {};
    this.members = options.members ?? {};
    this.oauthError = options.oauthError;
  }
}

/** What {@link defineError} makes: an error class that carries its own catalogue entry. */
export interface AppErrorClass {
  readonly spec: ErrorSpec;
  new (detail?: string, options?: AppErrorOptions): AppError;
}

/**
 * Base class for one error of the catalogue:
 * `export class UserNotFound extends defineError({ code: 'user_not_found', status: 404, title: 'No such user.' }) {}`
 */
export function defineError(spec: ErrorSpec): AppErrorClass {
  return class extends AppError {
    static readonly spec = spec;

    constructor(detail: string = spec.title, options?: AppErrorOptions) {
      super(spec, detail, options);
    }
  };
}

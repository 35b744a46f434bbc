import { AccessUnavailable } from './errors.js';

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Longest `Retry-After` that is passed on, in seconds. */
const LONGEST_WAIT = 60;

/** Asks Gatehouse. Whatever is no answer to the question is {@link AccessUnavailable}. */
export class GatehouseApi {
  private readonly base: string;

  /** `timeout` in milliseconds, the answer's body included. */
  constructor(
    baseUrl: string,
    private readonly timeout: number,
    private readonly send: typeof fetch,
  ) {
    this.base = baseUrl.replace(/\/+$/, '');
  }

  /** @throws AccessUnavailable */
  async get(path: string): Promise<unknown> {
    return (await this.ask(path, { headers: { accept: 'application/json' } }, [200])).body;
  }

  /** Answers 200, 401 and 403. @throws AccessUnavailable */
  post(path: string, token: string, body: unknown): Promise<ApiAnswer> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return this.ask(path, { method: 'POST', headers, body: JSON.stringify(body) }, [200, 401, 403]);
  }

  private async ask(path: string, init: RequestInit, expected: readonly number[]): Promise<ApiAnswer> {
    let response: Response;
    let text: string;
    try {
      // A redirect would take the token elsewhere.
      response = await this.send(this.base + path, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(this.timeout),
      });
      text = await response.text();
    } catch (cause) {
      throw new AccessUnavailable(`Gatehouse did not answer ${path}`, { cause });
    }
    const { status } = response;
    if (!expected.includes(status)) {
      throw new AccessUnavailable(`Gatehouse answered ${status} to ${path}: ${text.slice(0, 300)}`, {
        retryAfter: secondsToWait(response),
      });
    }
    if (status !== 200) return { status, body: undefined };
    try {
      return { status, body: JSON.parse(text) };
    } catch (cause) {
      throw new AccessUnavailable(`What answered ${path} is not Gatehouse: no JSON`, { cause });
    }
  }
}

function secondsToWait(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 1);
  return Number.isInteger(seconds) ? Math.min(Math.max(seconds, 1), LONGEST_WAIT) : 1;
}

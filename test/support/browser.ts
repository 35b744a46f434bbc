import { createHash, randomBytes } from 'node:crypto';
import type { Api, ApiResponse } from './api.js';
import { TEST_ENVIRONMENT } from './environment.js';
import type { TokenBody } from './tokens.js';

export interface Returned {
  /** Where the browser ended. */
  readonly url: URL;
  readonly code: string | null;
  readonly error: string | null;
  readonly verifier: string;
}

export const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');

/** A browser, as far as signing in through a provider needs one: redirects and cookies. */
export class Browser {
  readonly verifier = randomBytes(32).toString('base64url');
  private readonly cookies = new Map<string, string>();

  constructor(private readonly api: Api) {}

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async start(provider: string, returnTo?: string): Promise<ApiResponse> {
    const query = new URLSearchParams({ code_challenge: challengeOf(this.verifier) });
    if (returnTo !== undefined) query.set('return_to', returnTo);
    return this.open(`/auth/oauth/${provider}/start?${query.toString()}`);
  }

  /** Signs in at the provider; answers the address it sends the browser back to. */
  async visit(started: ApiResponse): Promise<URL> {
    if (started.status !== 302) throw new Error(`The start answered ${started.status}: ${started.text}`);
    const answer = await fetch(String(started.headers.location), { redirect: 'manual' });
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`The provider answered ${answer.status}`);
    return new URL(location);
  }

  /** Goes to an address of the service, as the outside knows it. */
  async open(address: URL | string): Promise<ApiResponse> {
    const base = `${TEST_ENVIRONMENT.PUBLIC_BASE_URL}/api/v1`;
    const path = String(address).startsWith(base) ? String(address).slice(base.length) : String(address);
    const cookies = this.cookie;
    const response = await this.api.get(path, { headers: cookies ? { cookie: cookies } : {} });
    for (const line of [response.headers['set-cookie'] ?? []].flat()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/s);
      this.cookies.set(name, value);
    }
    return response;
  }

  returned(response: ApiResponse): Returned {
    if (response.status !== 302)
      throw new Error(`The callback answered ${response.status}: ${response.text}`);
    const url = new URL(String(response.headers.location));
    const { searchParams } = url;
    return {
      url,
      code: searchParams.get('code'),
      error: searchParams.get('error'),
      verifier: this.verifier,
    };
  }

  /** There and back. */
  async go(provider: string, returnTo?: string): Promise<Returned> {
    const back = await this.visit(await this.start(provider, returnTo));
    return this.returned(await this.open(back));
  }
}

export function exchange(
  api: Api,
  { code, verifier }: Pick<Returned, 'code' | 'verifier'>,
): Promise<ApiResponse<TokenBody & { code: string }>> {
  return api.post('/auth/oauth/token', { body: { code: code ?? 'none', code_verifier: verifier } });
}

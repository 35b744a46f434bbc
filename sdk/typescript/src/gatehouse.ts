import { authenticated } from './authenticated.js';
import { createClient } from './generated/client/index.js';
import { ANSWERS_TOKENS, ENDS_SESSION, TAKES_IDEMPOTENCY_KEY } from './generated/operations.gen.js';
import { Operations } from './generated/sdk.gen.js';
import type { TokenPair } from './generated/types.gen.js';
import { type GatehouseOptions, settingsOf } from './options.js';
import { randomName } from './random-name.js';
import { repeating, type RetryPolicy } from './retry.js';
import { type Send, sendWithin, successOf } from './send.js';
import { Session } from './session.js';
import { MemoryTokenStore, type TokenStore } from './token-store.js';

/** A refresh token that was sent twice within ten seconds is answered alike; later its session ends. So no longer than that. */
const REFRESH = { timeout: 8_000, retry: { tries: 3, maxWait: 10_000 } };

interface Operation {
  /** As in the document: `POST /api/v1/roles/{id}`. */
  readonly name: string;
  readonly isPublic: boolean;
}

/**
 * The service: a method for each operation, signed in once `login` (or another sign-in) has succeeded. Methods reject with
 * {@link GatehouseError}.
 */
export class Gatehouse extends Operations {
  readonly session: Session;

  /** @throws TypeError when an option cannot be right */
  constructor(options: GatehouseOptions) {
    const { baseUrl, timeout, retry, fetch: fetchAnswer } = settingsOf(options);
    const session = new Session(
      options.store ?? storeOf(options.accessToken),
      (refreshToken) => exchange(baseUrl, fetchAnswer, refreshToken),
      options.onSignedOut ?? (() => {}),
    );
    const operations = new WeakMap<Request, Operation>();
    const send = sending(sendWithin(timeout, fetchAnswer), session, operations, retry);
    const client = createClient({
      baseUrl,
      headers: options.headers,
      // The cookie by which the service knows a device again, on a login.
      credentials: 'include',
      throwOnError: true,
      fetch: (input) => send(input as Request),
    });
    client.interceptors.request.use((request, { method = 'GET', url, security = [] }) => {
      operations.set(request, { name: `${method.toUpperCase()} ${url}`, isPublic: security.length === 0 });
      return request;
    });
    super({ client });
    this.session = session;
  }
}

function sending(
  send: Send,
  session: Session,
  operations: WeakMap<Request, Operation>,
  retry: RetryPolicy,
): Send {
  const open = repeating(send, retry);
  const signedIn = authenticated(open, session);
  return async (request) => {
    const { name, isPublic } = operations.get(request) ?? { name: '', isPublic: false };
    if (TAKES_IDEMPOTENCY_KEY.has(name) && !request.headers.has('idempotency-key'))
      request.headers.set('idempotency-key', randomName());
    const response = await successOf(await (isPublic ? open : signedIn)(request));
    if (ANSWERS_TOKENS.has(name)) await session.adopt((await response.clone().json()) as TokenPair);
    if (ENDS_SESSION.has(name)) await session.forget();
    return response;
  };
}

async function exchange(
  baseUrl: string,
  fetchAnswer: typeof fetch,
  refreshToken: string,
): Promise<TokenPair> {
  const send = repeating(sendWithin(REFRESH.timeout, fetchAnswer), REFRESH.retry, () => true);
  const response = await send(
    new Request(`${baseUrl}/api/v1/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      credentials: 'include',
      body: JSON.stringify({ refresh_token: refreshToken }),
    }),
  );
  return (await (await successOf(response)).json()) as TokenPair;
}

function storeOf(accessToken: string | undefined): TokenStore {
  if (accessToken === undefined) return new MemoryTokenStore();
  return new MemoryTokenStore({ accessToken, refreshToken: null, refreshAt: Infinity, expiresAt: Infinity });
}

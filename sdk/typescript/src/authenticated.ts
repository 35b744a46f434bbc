import type { Send } from './send.js';
import type { Session } from './session.js';
import type { Tokens } from './token-store.js';

/**
 * Sends requests with the access token of the session. One that is refused is renewed and the request sent once more; what
 * is answered then is the answer. A request that brings a token of its own is left alone.
 */
export function authenticated(send: Send, session: Session): Send {
  return async (request) => {
    if (request.headers.has('authorization')) return send(request);
    const tokens = await unlessAborted(session.usable(), request.signal);
    const response = await send(withToken(request, tokens));
    if (!isTokenRefused(response)) return response;
    const others = await unlessAborted(session.after(tokens), request.signal);
    return others ? send(withToken(request, others)) : response;
  };
}

function withToken(request: Request, { accessToken }: Tokens): Request {
  request.headers.set('authorization', `Bearer ${accessToken}`);
  return request;
}

/** RFC 6750 section 3.1. Other 401 are about a password or a code. */
const isTokenRefused = ({ status, headers }: Response): boolean =>
  status === 401 && /error="?invalid_token/.test(headers.get('www-authenticate') ?? '');

/** Who no longer wants the answer does not wait for it; others who share the work still get theirs. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

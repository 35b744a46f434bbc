import {
  NetworkError,
  NotModifiedError,
  ProblemError,
  TimeoutError,
  UnexpectedAnswerError,
} from './errors.js';
import type { Problem } from './generated/types.gen.js';

/** Sends a request and answers what came back. The request can be sent again: its body is not used up. */
export type Send = (request: Request) => Promise<Response>;

/** `fetch` that has read the whole body within `timeout` milliseconds, and fails with the errors of this package. */
export function sendWithin(timeout: number, fetchAnswer: typeof fetch): Send {
  return async (request) => {
    const clock = AbortSignal.timeout(timeout);
    try {
      const response = await fetchAnswer(request.clone(), {
        signal: AbortSignal.any([request.signal, clock]),
      });
      return await readInFull(response);
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      const what = `${request.method} ${new URL(request.url).pathname}`;
      if (clock.aborted)
        throw new TimeoutError(`No answer to ${what} within ${timeout} ms`, { cause: error });
      throw new NetworkError(`No answer to ${what}: is the network there?`, { cause: error });
    }
  };
}

/** A connection that breaks in the middle of an answer breaks here, not at the caller's. */
async function readInFull(response: Response): Promise<Response> {
  const { status, statusText, headers } = response;
  const text = await response.text();
  return new Response(text === '' ? null : text, { status, statusText, headers });
}

/**
 * The answer, if it is a success of the service.
 * @throws ProblemError, UnexpectedAnswerError, NotModifiedError
 */
export async function successOf(response: Response): Promise<Response> {
  if (response.status === 304) throw new NotModifiedError(response);
  const text = await response.clone().text();
  const body = text === '' ? undefined : parsed(response, text);
  if (!response.ok) {
    if (isProblemBody(body)) throw new ProblemError(body, response);
    throw new UnexpectedAnswerError(response, text.slice(0, 1000));
  }
  if (text !== '' && body === undefined) throw new UnexpectedAnswerError(response, text.slice(0, 1000));
  return response;
}

/** Undefined for what is no JSON. */
function parsed(response: Response, text: string): unknown {
  if (!/[/+]json\b/.test(response.headers.get('content-type') ?? '')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblemBody(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';
}

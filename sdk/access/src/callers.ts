import type { Caller } from './caller.js';

const callers = new WeakMap<object, Caller>();

/** For adapters: this request was let in, and this is who makes it. */
export function admit(request: object, caller: Caller): void {
  callers.set(request, caller);
}

/**
 * Who makes a request that was let in.
 * @throws Error on a public route, where nobody was asked for
 */
export function callerOf(request: object): Caller {
  const caller = callers.get(request);
  if (!caller)
    throw new Error('Nobody was asked who they are here: declare that the route needs somebody signed in');
  return caller;
}

import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { onceInAWhile } from '../logging/once-in-a-while.js';

/** A Fastify hook that says when a proxy stands in front of a service that does not know of it. */
export function warnOfForwarding(logger: Logger) {
  const warn = onceInAWhile((address: string | undefined) =>
    logger.warn(
      { address },
      'A request came with X-Forwarded-For, but TRUST_PROXY is empty: everybody behind that proxy counts as one client. Set TRUST_PROXY to its address, if it is yours.',
    ),
  );
  return ({ headers, socket }: FastifyRequest, _reply: unknown, done: () => void): void => {
    if (headers['x-forwarded-for'] !== undefined) warn(socket.remoteAddress);
    done();
  };
}

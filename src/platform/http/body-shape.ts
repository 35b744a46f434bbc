import type { FastifyReply, FastifyRequest } from 'fastify';
import { MalformedRequest } from './http.errors.js';

const MAX_DEPTH = 32;
const MAX_MEMBERS = 1_000;

/** Fastify hook. Validation walks a body recursively: one too deep or too wide is refused before. */
export function refuseUnboundedBodies(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  done(
    isBounded(request.body)
      ? undefined
      : new MalformedRequest(
          `The body is nested deeper than ${MAX_DEPTH} levels or has more than ${MAX_MEMBERS} members at one place.`,
        ),
  );
}

function isBounded(body: unknown): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    const containers = level.filter((value) => typeof value === 'object' && value !== null);
    if (containers.length > 0 && depth >= MAX_DEPTH) return false;
    const children = containers.map((container) => Object.values(container));
    if (children.some((members) => members.length > MAX_MEMBERS)) return false;
    level = children.flat();
  }
  return true;
}

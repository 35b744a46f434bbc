import type { FastifyReply, FastifyRequest } from 'fastify';
import { MalformedRequest } from './http.errors.js';

const MAX_DEPTH = 32;
const MAX_MEMBERS = 1_000;

/** Members that every object has: validation passes over what is sent under their names, `constructor` for one. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Fastify hook. Validation walks a body recursively: one too deep or too wide is refused before. */
export function refuseUnboundedBodies(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const fault = faultOf(request.body) ?? faultOf(request.query);
  done(fault === null ? undefined : new MalformedRequest(fault));
}

function faultOf(input: unknown): string | null {
  let level: unknown[] = [input];
  for (let depth = 0; level.length > 0; depth += 1) {
    const containers = level.filter((value) => typeof value === 'object' && value !== null);
    const children = containers.map((container) => Object.values(container));
    if ((containers.length > 0 && depth >= MAX_DEPTH) || children.some(({ length }) => length > MAX_MEMBERS))
      return `The request is nested deeper than ${MAX_DEPTH} levels or has more than ${MAX_MEMBERS} members at one place.`;
    const inherited = containers.flatMap(Object.keys).find((name) => INHERITED.has(name));
    if (inherited !== undefined) return `No field is called ${inherited}.`;
    level = children.flat();
  }
  return null;
}

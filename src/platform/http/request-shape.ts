import type { FastifyReply, FastifyRequest } from 'fastify';
import { MalformedRequest } from './http.errors.js';

/** Of a body, in bytes. */
export const BODY_LIMIT = 100 * 1024;
const MAX_DEPTH = 32;
const MAX_MEMBERS = 1_000;
const MAX_PARAMETERS = 100;

/** Members that every object has: validation passes over what is sent under their names, `constructor` for one. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));
/** Parameters are names of one level here; elsewhere `constructor[prototype]` and `__proto__.x` reach further. */
const FORBIDDEN_PARAMETERS = new Set([...INHERITED, 'prototype']);

/** Fastify hook. Validation walks a request recursively: one too deep, too wide or oddly named is refused before. */
export function refuseOddShapes(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const fault = faultOfBody(request.body) ?? faultOfQuery(request.query);
  done(fault === null ? undefined : new MalformedRequest(fault));
}

function faultOfBody(body: unknown): string | null {
  let level: unknown[] = [body];
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

function faultOfQuery(query: unknown): string | null {
  const parameters = Object.entries((query ?? {}) as Record<string, unknown>);
  // A name that is repeated counts as often as it is sent.
  const count = parameters.reduce((sum, [, value]) => sum + (Array.isArray(value) ? value.length : 1), 0);
  if (count > MAX_PARAMETERS) return `The query has more than ${MAX_PARAMETERS} parameters.`;
  const forbidden = parameters.find(([name]) => FORBIDDEN_PARAMETERS.has(name.split(/[[.]/, 1)[0] ?? ''));
  return forbidden === undefined ? null : `No parameter is called ${forbidden[0]}.`;
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MethodNotAllowed } from './http.errors.js';
import { sendProblem } from './problem-details.js';

interface Route {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
}

/**
 * A Fastify hook that answers a method no route of an existing address takes with 405 and Allow (RFC 9110 15.5.6), OPTIONS
 * with 204. Knows the routes that are added from now on.
 */
export function refuseOtherMethods(fastify: FastifyInstance) {
  const routes: Route[] = [];
  fastify.addHook('onRoute', ({ url, method }) => {
    // The route CORS answers preflights with stands for every address, not for one that exists.
    if (url === '*' || url === '/*') return;
    routes.push({ pattern: patternOf(url), methods: [method].flat() });
  });
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (!request.is404) return done();
    const path = request.url.split('?', 1)[0] ?? '/';
    const allowed = new Set(
      routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods),
    );
    if (allowed.size === 0) return done();
    const allow = [...allowed].toSorted().join(', ');
    if (request.method === 'OPTIONS') void reply.status(204).header('allow', allow).send();
    else sendProblem(new MethodNotAllowed(undefined, { headers: { Allow: allow } }), request, reply);
  };
}

/** `/users/:id` as an expression; `*` stands for the rest. */
function patternOf(url: string): RegExp {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[A-Za-z]+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${source}$`);
}

import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Access } from './access.js';
import { admit } from './callers.js';
import { AccessError, PrivilegeRequired } from './errors.js';
import { type AccessRule, assertRule } from './rules.js';

export { callerOf } from './callers.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route needs. A route that does not say is closed. */
    access?: AccessRule;
  }
}

/**
 * Holds every route to its `config.access`; one without is closed to everybody. Register it before the routes. `callerOf`
 * says who makes a request.
 */
export const accessPlugin: FastifyPluginAsync<{ readonly access: Access }> = Object.assign(
  async (fastify: FastifyInstance, { access }: { readonly access: Access }) => {
    fastify.addHook('onRoute', ({ config, method, url }) => {
      if (config?.access !== undefined) assertRule(config.access, `${String(method)} ${url}`);
    });
    fastify.addHook('onRequest', async (request, reply) => {
      const rule = request.routeOptions.config.access;
      if (rule === 'public' || request.is404) return undefined;
      // Of a route that was there before this plugin too.
      if (rule !== undefined) assertRule(rule, request.url);
      try {
        const caller = await access.checkHeader(
          request.headers.authorization,
          Array.isArray(rule) ? rule : [],
        );
        if (rule === undefined) throw new PrivilegeRequired();
        admit(request, caller);
        return undefined;
      } catch (error) {
        if (!(error instanceof AccessError)) throw error;
        return reply
          .code(error.status)
          .headers(error.headers)
          .type('application/problem+json')
          .send(JSON.stringify(error.problem));
      }
    });
  },
  // For the routes beside it, not for those inside it: what the package fastify-plugin says.
  { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'gatehouse-access' },
);

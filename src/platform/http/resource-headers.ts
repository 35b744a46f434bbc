import type { FastifyInstance, FastifyRequest } from 'fastify';
import { etagOfBody, isKnown } from './etag.js';

/**
 * Fastify hooks. Say of what is answered which version it is (`ETag`), and of what was created where it is (`Location`):
 * below the address it was posted to, as `publicBaseUrl` is known to the outside. Hooks and no interceptor: they see the
 * body as it is sent, that of an answer given once more as well, and cost a request next to nothing.
 */
export function describeResources(fastify: FastifyInstance, publicBaseUrl: string): void {
  fastify.addHook('preSerialization', (request, reply, body, done) => {
    if (reply.statusCode === 201) {
      const { id } = body as { id: number };
      void reply.header('location', `${publicBaseUrl}${request.url.split('?', 1)[0]}/${id}`);
    }
    done(null, body);
  });
  fastify.addHook('onSend', (request, reply, body, done) => {
    const isTagged = request.routeOptions.config.hasETag && reply.statusCode < 300;
    if (!isTagged || typeof body !== 'string') return done(null, body);
    const etag = etagOfBody(body);
    void reply.header('etag', etag);
    if (!isRead(request) || !isKnown(request.headers['if-none-match'], etag)) return done(null, body);
    void reply.status(304).removeHeader('content-type');
    // Fastify takes the body of an answer to HEAD away by itself, and needs it for that.
    done(null, request.method === 'HEAD' ? body : null);
  });
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

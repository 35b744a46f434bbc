import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import { refuseUnboundedBodies } from './body-shape.js';
import { refuseOtherMediaTypes } from './media-types.js';
import { rawProblem, sendProblem } from './problem-details.js';
import { runInRequest } from './request-context.js';

const BODY_LIMIT = 100 * 1024;
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** The HTTP server: limits, request ids, access log, and our error format for what Fastify refuses by itself. */
export function createFastifyAdapter(logger: Logger): FastifyAdapter {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: 15_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 128 },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    requestIdHeader: false,
    genReqId: ({ headers }: IncomingMessage) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    // The router refuses a malformed address before any hook has run.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      void reply.header('x-request-id', request.id);
      sendProblem(error, request, reply);
    },
    // What is not HTTP gets no further than the parser: there is no request and no reply, only the connection.
    clientErrorHandler: ({ code }: { code?: string }, socket: Socket) => {
      if (socket.writable && code !== 'ECONNRESET') socket.end(rawProblem(code));
      else socket.destroy();
    },
  });
  const fastify: FastifyInstance = adapter.getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    runInRequest({ requestId: request.id, ip: request.ip, userAgent: userAgentOf(request) }, done);
  });
  fastify.addHook('onRequest', refuseOtherMediaTypes);
  fastify.addHook('preValidation', refuseUnboundedBodies);
  fastify.addHook('onResponse', (request, reply, done) => {
    request.log.info(
      {
        method: request.method,
        path: request.url.split('?', 1)[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
    done();
  });
  return adapter;
}

function userAgentOf(request: FastifyRequest): string | null {
  return request.headers['user-agent']?.slice(0, 256) ?? null;
}

import type { Socket } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type onRequestAsyncHookHandler,
} from 'fastify';
import type { Logger } from 'pino';
import { refuseOtherMethods } from './allowed-methods.js';
import { BusyServer } from './busy.js';
import { refuseOtherMediaTypes } from './media-types.js';
import { logRequest, loggerOfRequest } from './access-log.js';
import { boundPipelining } from './pipelining.js';
import { rawProblem, sendProblem } from './problem-details.js';
import { contextOf, runInRequest } from './request-context.js';
import { requestIdOf } from './request-id.js';
import { BODY_LIMIT, refuseOddShapes } from './request-shape.js';
import type { HttpConfig } from './http.config.js';
import { refuseOtherVersions } from './http-versions.js';
import { securityHeaders } from './security-headers.js';
import { warnOfForwarding } from './forwarding.js';
import { beginSpan, endSpan } from './request-span.js';

/** The HTTP server: limits, request ids, access log, and our error format for what Fastify refuses by itself. */
export function createFastifyAdapter(
  logger: Logger,
  {
    trustProxy,
    publicBaseUrl,
    requestsAtOnce,
    keepAliveTimeout,
  }: Pick<HttpConfig, 'trustProxy' | 'publicBaseUrl' | 'requestsAtOnce' | 'keepAliveTimeout'>,
): FastifyAdapter {
  // Nobody keeps an answer, unless its route says otherwise: it may be about somebody.
  const ofEveryAnswer = { ...securityHeaders(publicBaseUrl), 'cache-control': 'no-store' };
  const busy = new BusyServer(requestsAtOnce, logger, ofEveryAnswer);
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    childLoggerFactory: loggerOfRequest,
    serverFactory: busy.create,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    // A list of networks, never `true`: then whatever a caller writes into X-Forwarded-For would be believed.
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    requestTimeout: 15_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: keepAliveTimeout * 1000,
    routerOptions: { maxParamLength: 128 },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    requestIdHeader: false,
    genReqId: requestIdOf,
    // The router refuses a malformed address before any hook has run.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers({ ...ofEveryAnswer, 'x-request-id': request.id });
      sendProblem(error, request, reply);
    },
    // What is not HTTP gets no further than the parser: there is no request and no reply, only the connection.
    clientErrorHandler: ({ code }: { code?: string }, socket: Socket) => {
      if (socket.writable && code !== 'ECONNRESET') socket.end(rawProblem(code));
      else socket.destroy();
    },
  });
  const fastify: FastifyInstance = adapter.getInstance();
  fastify.decorateRequest('caller', null);
  fastify.decorateRequest('span', null);
  fastify.addHook('onRequest', boundPipelining);
  busy.watch(fastify);
  if (trustProxy.length === 0) fastify.addHook('onRequest', warnOfForwarding(logger));
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(ofEveryAnswer);
    beginSpan(request);
    const { span } = request;
    runInRequest(contextOf(request), span ? () => span.run(done) : done);
  });
  fastify.addHook('onRequest', refuseOtherVersions);
  // Preflights, too, which are answered before any other hook has run.
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  // Read where a route is about to be asked: of what is refused before, nobody needs them.
  void fastify.register(fastifyCookie, { hook: 'preHandler' });
  endConnectionsOnClose(fastify);
  fastify.addHook('onResponse', endSpan);
  fastify.addHook('onResponse', logRequest);
  return adapter;
}

/**
 * What every request passes before its route is asked: it is counted, whatever becomes of it, and then looked at. Behind
 * what sets the headers of every answer; call this when that is registered, and before any route.
 */
export function admitRequests(fastify: FastifyInstance, count: onRequestAsyncHookHandler): void {
  const otherMethods = refuseOtherMethods(fastify);
  const hooks: FastifyPluginCallback = (instance, _options, done) => {
    instance.addHook('onRequest', count);
    instance.addHook('onRequest', otherMethods);
    instance.addHook('onRequest', refuseOtherMediaTypes);
    instance.addHook('preValidation', refuseOddShapes);
    done();
  };
  // For all routes, not for those of a plug-in only.
  void fastify.register(Object.assign(hooks, { [Symbol.for('skip-override')]: true }));
}

/** An answer given while the server closes ends its connection: kept alive, it would hold the stop up. */
function endConnectionsOnClose(fastify: FastifyInstance): void {
  let isClosing = false;
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done();
  });
}

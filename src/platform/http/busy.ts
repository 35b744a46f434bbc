import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyServerFactory,
} from 'fastify';
import type { Logger } from 'pino';
import { PROBE } from './endpoint.decorator.js';
import { ServerBusy } from './http.errors.js';
import { inProgress, refused } from './http.metrics.js';
import { answerOf } from './oauth-errors.js';
import { problemDetails, sendProblem } from './problem-details.js';
import { currentRequest } from './request-context.js';
import { requestIdOf } from './request-id.js';
import { BODY_LIMIT } from './request-shape.js';
import { addRouteConfig } from './route-config.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    isNeverRefused?: boolean;
  }
}

/** For probes: a process that is busy must not be taken for one that is dead. */
export const NeverRefused = (): MethodDecorator =>
  applyDecorators(addRouteConfig({ isNeverRefused: true }), ApiExtension(PROBE, true));

/** Milliseconds. */
const REPORT_EVERY = 1_000;
/** Requests that wait for their turn, for each that is worked on: they take nothing but memory. */
const MOST_WAITING = 4;
const BUSY = new ServerBusy();

/** What Fastify sets on the servers it makes itself. Milliseconds. */
interface Timeouts {
  readonly connectionTimeout: number;
  readonly keepAliveTimeout: number;
  readonly requestTimeout: number;
}

/**
 * Bounds the requests that are worked on at once, so that more than can be answered do not make all of them late. What comes
 * beyond is refused before Fastify sees it, at a fraction of what an answer costs: refusing must not become all that an
 * overloaded process does. Hence it is not counted for a rate limit either.
 */
export class BusyServer {
  /** What routes say of themselves, by path; those with an id in it say nothing that counts here. */
  private readonly routes = new Map<string, FastifyContextConfig>();
  private isClosing = false;
  private refused = 0;
  private report: NodeJS.Timeout | undefined;
  private readonly working = new Set<FastifyRequest>();
  private waiting = 0;

  constructor(
    private readonly atOnce: number,
    private readonly logger: Logger,
    private readonly ofEveryAnswer: Readonly<Record<string, string>>,
  ) {}

  /** An option of Fastify. */
  readonly create: FastifyServerFactory = (answer, options) => {
    const { connectionTimeout, keepAliveTimeout, requestTimeout } = options as unknown as Timeouts;
    const server = createServer({ keepAliveTimeout, requestTimeout }, this.refuseOr(answer));
    return server.setTimeout(connectionTimeout);
  };

  /** Knows the routes that are added from now on; call it before hooks that take time. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, config }) => {
      if (config) this.routes.set(url, config);
    });
    // Fastify ends the connections then.
    fastify.addHook('preClose', (done) => {
      this.isClosing = true;
      done();
    });
    const forget = inProgress.read(() => [[{}, this.working.size]]);
    fastify.addHook('onClose', (_instance, done) => {
      forget();
      this.sayHowMany();
      done();
    });
    // Worked on is what has been read, until its answer is written: a client who sends or reads slowly keeps nobody out.
    fastify.addHook('onRequest', (request, _reply, done) => {
      if (hasNoBody(request)) this.begin(request);
      done();
    });
    fastify.addHook('preValidation', (request, reply, done) => {
      if (hasNoBody(request)) return done();
      // Many that came together were let in while none of them was read.
      if (this.isFull() && !request.routeOptions.config.isNeverRefused) {
        sendProblem(new ServerBusy(undefined, { headers: { 'Retry-After': comeBackIn() } }), request, reply);
        return undefined;
      }
      this.begin(request);
      const context = currentRequest();
      if (context) context.leavePlace = () => this.leave(request, reply);
      done();
    });
    // Also when the client has gone: what it asked for has been worked on until now.
    fastify.addHook('onSend', (request, _reply, _payload, done) => {
      this.working.delete(request);
      done();
    });
  }

  private refuseOr(answer: RequestListener): RequestListener {
    return (request, response) => {
      if (!this.isFull()) return answer(request, response);
      const path = pathOf(request);
      if (this.routes.get(path)?.isNeverRefused) answer(request, response);
      else this.refuse(request, response, path);
    };
  }

  /** What comes while the process stops is answered: its connections end with it. */
  private isFull(): boolean {
    return this.working.size >= this.atOnce && !this.isClosing;
  }

  private begin(request: FastifyRequest): void {
    if (!request.routeOptions.config.isNeverRefused) this.working.add(request);
  }

  /** What waits for its turn among the changes of one user keeps out nobody else, as long as not too much does. */
  private leave(request: FastifyRequest, reply: FastifyReply): () => void {
    const stays = this.waiting >= this.atOnce * MOST_WAITING || !this.working.delete(request);
    if (stays) return () => undefined;
    this.waiting += 1;
    return () => {
      this.waiting -= 1;
      if (!reply.sent) this.begin(request);
    };
  }

  private refuse(request: IncomingMessage, response: ServerResponse, path: string): void {
    const reqId = requestIdOf(request);
    const { headers } = request;
    const { type, members } = answerOf(BUSY, { headers, routeOptions: { config: this.routes.get(path) } });
    const body = JSON.stringify({ ...problemDetails(BUSY, path, reqId), ...members });
    response
      .writeHead(BUSY.spec.status, {
        ...this.ofEveryAnswer,
        'content-type': type,
        'content-length': String(Buffer.byteLength(body)),
        'retry-after': comeBackIn(),
        // Else its body, however long it is, would have to be read for the next request to be found.
        ...(hasLongBody(request) && { connection: 'close' }),
        'x-request-id': reqId,
      })
      .end(body);
    this.refused += 1;
    refused.inc();
    this.report ??= setTimeout(() => this.sayHowMany(), REPORT_EVERY).unref();
  }

  /** One line for all: a line for each costs as much again as refusing it. */
  private sayHowMany(): void {
    clearTimeout(this.report);
    this.report = undefined;
    if (this.refused > 0) {
      this.logger.warn(
        { status: BUSY.spec.status, refused: this.refused },
        'requests refused: too many at once',
      );
    }
    this.refused = 0;
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

function hasNoBody({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function hasLongBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > BODY_LIMIT;
}

/** Seconds. Not the same for all, else they come back together. */
function comeBackIn(): string {
  return String(1 + Math.floor(Math.random() * 3));
}

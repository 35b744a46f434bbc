import { createHash, randomUUID } from 'node:crypto';
import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { canonicalJson } from '../common/canonical-json.js';
import { ApiProblems } from '../platform/http/endpoint.decorator.js';
import {
  AlreadyDone,
  IdempotencyKeyInUse,
  IdempotencyKeyInvalid,
  IdempotencyKeyReused,
} from '../platform/idempotency/idempotency.errors.js';
import { IdempotencyKeys, type IdempotentRequest } from '../platform/idempotency/idempotency-keys.js';
import { actorOf } from './access.guard.js';

const KEY = /^[\x20-\x7e]{1,255}$/;

/** Answers a repeated request with what was answered the first time. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly keys: IdempotencyKeys) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    if (key === undefined) return next.handle();
    return from(
      this.once(String(key), request, http.getResponse<FastifyReply>(), () => firstValueFrom(next.handle())),
    );
  }

  private async once(
    key: string,
    request: FastifyRequest,
    reply: FastifyReply,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    if (!KEY.test(key)) throw new IdempotencyKeyInvalid();
    const idempotent: IdempotentRequest = {
      userId: actorOf(request).userId,
      route: `${request.method} ${request.routeOptions.url ?? request.url}`,
      key,
      attempt: randomUUID(),
      fingerprint: fingerprintOf(request),
    };
    const kept = await this.keys.begin(idempotent);
    if (kept) {
      void reply.status(kept.status).header('idempotency-replayed', 'true');
      return JSON.parse(kept.body);
    }
    const body = await this.keys.run(idempotent, work);
    await this.keys.finish(idempotent, { status: reply.statusCode, body: JSON.stringify(body ?? null) });
    return body;
  }
}

/** What is asked for, of which object, whatever order the members of the body come in. */
function fingerprintOf({ url, body }: FastifyRequest): Buffer {
  return createHash('sha256')
    .update(`${url}\n${canonicalJson(body ?? null)}`)
    .digest();
}

/** The route takes an `Idempotency-Key`: repeated with the same one, it happens once. */
export function Idempotent(): MethodDecorator {
  return applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'Repeat the request with the same key, and it happens once; kept for a day.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
    ApiProblems(IdempotencyKeyInvalid, IdempotencyKeyInUse, IdempotencyKeyReused, AlreadyDone),
  );
}

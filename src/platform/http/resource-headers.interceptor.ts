import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { HttpConfig } from './http.config.js';
import { etagOf, HAS_ETAG, isKnown } from './etag.js';

/**
 * Says of what is answered which version it is (`ETag`), and of what was created where it is (`Location`). Around all
 * other interceptors, so that an answer given once more has both again.
 */
@Injectable()
export class ResourceHeaders implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly http: HttpConfig,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const hasETag = this.reflector.get<boolean | undefined>(HAS_ETAG, context.getHandler()) === true;
    return next.handle().pipe(
      map((body: unknown) => {
        if (reply.statusCode === 201) void reply.header('location', this.locationOf(request, body));
        if (!hasETag || body === undefined) return body;
        const etag = etagOf(body);
        void reply.header('etag', etag);
        const isRead = request.method === 'GET' || request.method === 'HEAD';
        if (!isRead || !isKnown(request.headers['if-none-match'], etag)) return body;
        void reply.status(304);
        return undefined;
      }),
    );
  }

  /** Below the address it was posted to, as the outside knows it. */
  private locationOf({ url }: FastifyRequest, body: unknown): string {
    const { id } = body as { id: number };
    return `${this.http.publicBaseUrl}${url.split('?', 1)[0]}/${id}`;
  }
}

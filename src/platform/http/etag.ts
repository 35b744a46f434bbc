import { hash } from 'node:crypto';
import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Transaction } from '../database/transactions.js';
import { ApiProblems } from './endpoint.decorator.js';
import { MAX_LINE } from './id-param.decorator.js';
import { MalformedRequest, PreconditionFailed } from './http.errors.js';
import { addRouteConfig } from './route-config.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers the entity tag of its body. */
    hasETag?: boolean;
  }
}

/** One entity tag (RFC 9110 section 8.8.3), between commas. */
const TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;
const LIST = new RegExp(`^[ \\t,]*(?:${TAG.source}[ \\t]*(?:,[ \\t,]*|$))+$`);

/** Throws PreconditionFailed unless a row that is locked for a change is still the one the caller has seen. */
export type SeenCheck<Row> = (row: Row, tx: Transaction) => Promise<void> | void;

/** For changes that nobody made conditional. */
export const asItIs: SeenCheck<unknown> = () => {};

/** The entity tag of a representation: strong, because it is made of all there is to see. */
export function etagOf(representation: unknown): string {
  return etagOfBody(JSON.stringify(representation));
}

/** The same of what was written as JSON already. */
export function etagOfBody(body: string): string {
  return `"${hash('sha256', body, 'base64url')}"`;
}

/** Whether a client that sends this `If-None-Match` has the representation already (RFC 9110 section 13.1.2). */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch?.trim() === '*') return true;
  return (ifNoneMatch?.match(TAG) ?? []).some((tag) => tag.replace(/^W\//, '') === etag);
}

/**
 * What `If-Match` asks for (RFC 9110 section 13.1.1): that nobody has changed the resource since the caller read it.
 * Weak tags match nothing.
 */
export class Precondition {
  private constructor(private readonly tags: ReadonlySet<string> | null) {}

  /**
   * `*` asks for a resource that exists, which a change of one that does not is refused for anyway. @throws MalformedRequest
   */
  static parse(ifMatch: string | undefined): Precondition {
    if (ifMatch === undefined || ifMatch.trim() === '*') return new Precondition(null);
    if (!LIST.test(ifMatch)) {
      throw new MalformedRequest('If-Match takes what ETag answered, quotes included, or *.');
    }
    return new Precondition(new Set(ifMatch.match(TAG)));
  }

  /** The check of a row by what `represent` shows of it: exactly what a GET answers. */
  on<Row>(represent: (row: Row, tx: Transaction) => object | Promise<object>): SeenCheck<Row> {
    const { tags } = this;
    if (tags === null) return asItIs;
    return async (row, tx) => {
      if (!tags.has(etagOf(await represent(row, tx)))) throw new PreconditionFailed();
    };
  }
}

/** A route that answers one resource, with its `ETag`; 304 to a client that has it. */
export function SingleResource(): MethodDecorator {
  return applyDecorators(
    addRouteConfig({ hasETag: true }),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'The ETag of what you have.',
      schema: { type: 'string', maxLength: MAX_LINE },
    }),
    ApiResponse({ status: 304, description: 'Not modified.' }),
  );
}

const readPrecondition = createParamDecorator((_: unknown, context: ExecutionContext) =>
  Precondition.parse(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);

/** The {@link Precondition} of a change. Describes itself for OpenAPI; what is answered has its `ETag`. */
export function IfMatch(): ParameterDecorator {
  return (target, method, index) => {
    readPrecondition()(target, method, index);
    const descriptor = method && Object.getOwnPropertyDescriptor(target, method);
    if (!descriptor) throw new Error('@IfMatch() belongs on a parameter of a method');
    for (const decorate of [
      addRouteConfig({ hasETag: true }),
      ApiHeader({
        name: 'If-Match',
        required: false,
        description: 'The ETag of what you read: the change is made only if nobody has made another since.',
        schema: { type: 'string', maxLength: MAX_LINE },
      }),
      ApiProblems(PreconditionFailed),
    ]) {
      decorate(target, method, descriptor);
    }
  };
}

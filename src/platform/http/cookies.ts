import type { SerializeOptions } from '@fastify/cookie';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** What a browser has sent, by name; of several of one name the first. */
export type RequestCookies = Readonly<FastifyRequest['cookies']>;

/** What `reply.setCookie` takes. */
export type NewCookie = readonly [name: string, value: string, attributes: SerializeOptions];

/** The cookies of the request, in a route. */
export const Cookies = createParamDecorator(
  (_: unknown, context: ExecutionContext): RequestCookies =>
    context.switchToHttp().getRequest<FastifyRequest>().cookies,
);

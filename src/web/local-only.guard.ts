import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { LocalOnly } from './web.errors.js';

/** What proxies add; whatever one of them says, the request is not from here. */
const FORWARDED = /^(?:forwarded|via)$|forwarded-|real-ip|client-ip|connecting-ip/;

/**
 * Lets requests of this machine pass: over loopback, not forwarded, and to a name that is always this machine. A page of
 * another site can have its own name lead here (DNS rebinding), and then reads what its browser gets; `Host` shows it.
 */
@Injectable()
export class LocalOnlyGuard implements CanActivate {
  /** @throws LocalOnly */
  canActivate(context: ExecutionContext): boolean {
    const { headers, socket } = context.switchToHttp().getRequest<FastifyRequest>();
    const isLocal =
      isLoopback(socket.remoteAddress) &&
      /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i.test(headers.host ?? '') &&
      !Object.keys(headers).some((name) => FORWARDED.test(name));
    if (!isLocal) throw new LocalOnly();
    return true;
  }
}

function isLoopback(address = ''): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

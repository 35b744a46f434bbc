import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AccessConfig } from './access.config.js';
import { PrivilegeRequired, ReauthenticationRequired } from './access.errors.js';
import { ACCESS_RULE, type AccessRule, RECENT_SIGN_IN } from './access-rule.js';
import type { Actor } from './actor.js';
import { ActorResolver } from './actor-resolver.js';

const actors = new WeakMap<FastifyRequest, Actor>();
const callers = new WeakMap<FastifyRequest, Actor>();
const administrative = new WeakSet<FastifyRequest>();

/** Who is signed in, admitted or not; null for nobody, and on a public route. */
export function findCaller(request: FastifyRequest): Actor | null {
  return callers.get(request) ?? null;
}

/** Whether it took privileges to make this request, and its actor held them. */
export function isAdministrative(request: FastifyRequest): boolean {
  return administrative.has(request);
}

/** The actor the guard found for this request. */
export function actorOf(request: FastifyRequest): Actor {
  const actor = actors.get(request);
  if (!actor)
    throw new Error(
      'This route is public: it has no actor. Declare @Authenticated() or @RequirePrivileges()',
    );
  return actor;
}

/** Holds every route to its access rule. A route without one is closed to everybody. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly resolver: ActorResolver,
    private readonly config: AccessConfig,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule?.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const actor = await this.resolver.resolve(request);
    callers.set(request, actor);
    request.caller = actor;
    if (!rule) throw new PrivilegeRequired('This route declares no access rule and is closed.');
    if (rule.kind === 'privileges') {
      const lacking = actor.firstLacking(rule.names);
      if (lacking !== undefined) throw new PrivilegeRequired(`This needs the privilege ${lacking}.`);
    }
    if (this.reflector.get<boolean | undefined>(RECENT_SIGN_IN, context.getHandler())) {
      const { reauthenticationMaxAge } = this.config;
      if (!actor.hasSignedInWithin(reauthenticationMaxAge)) throw new ReauthenticationRequired();
    }
    actors.set(request, actor);
    if (rule.kind === 'privileges') administrative.add(request);
    return true;
  }
}

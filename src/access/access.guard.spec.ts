import { type ExecutionContext, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { platformConfig } from '../../test/support/environment.js';
import { accessSection, AccessConfig } from './access.config.js';
import { Authenticated, Public, RecentSignIn, RequirePrivileges } from './access.decorators.js';
import { AuthenticationRequired, PrivilegeRequired, ReauthenticationRequired } from './access.errors.js';
import { AccessGuard, actorOf } from './access.guard.js';
import { ACCESS_RULE } from './access-rule.js';
import { Actor } from './actor.js';
import { ActorResolver } from './actor-resolver.js';
import { declarePrivileges } from './privilege.js';

const reports = declarePrivileges('reports', { read: 'See the reports', write: 'Change the reports' });

class Controller {
  @Public()
  open(): void {}

  @Authenticated()
  signedIn(): void {}

  @RequirePrivileges(reports.read, reports.write)
  both(): void {}

  @Authenticated()
  @RecentSignIn()
  sensitive(): void {}

  undeclared(): void {}
}

/** A rule on the class must not open a handler that has its own. */
@SetMetadata(ACCESS_RULE, { kind: 'public' })
class OpenByClass {
  @RequirePrivileges(reports.read)
  closed(): void {}
}

class FakeResolver extends ActorResolver {
  readonly resolve = jest.fn<Promise<Actor>, [FastifyRequest]>(() =>
    this.actor ? Promise.resolve(this.actor) : Promise.reject(new AuthenticationRequired()),
  );

  constructor(private readonly actor: Actor | null) {
    super();
  }
}

const holding = (...privileges: string[]) => new Actor(7, 3, 'session', new Set(privileges));

function ask(
  actor: Actor | null,
  method: keyof Controller | keyof OpenByClass,
  resolver = new FakeResolver(actor),
) {
  const type = method === 'closed' ? OpenByClass : Controller;
  const handler = Object.getOwnPropertyDescriptor(type.prototype, method)?.value as object;
  const request = {} as FastifyRequest;
  const context = {
    getHandler: () => handler,
    getClass: () => type,
    switchToHttp: () => ({ getRequest: () => request }),
  } as unknown as ExecutionContext;
  const guard = new AccessGuard(
    new Reflector(),
    resolver,
    platformConfig({}, accessSection).get(AccessConfig),
  );
  return { answer: guard.canActivate(context), resolver, request };
}

describe('AccessGuard', () => {
  it('S63: closes a route without a rule to everybody, whatever they hold', async () => {
    const all = holding('reports.read', 'reports.write', 'users.read');
    await expect(ask(all, 'undeclared').answer).rejects.toThrow(PrivilegeRequired);
    await expect(ask(all, 'undeclared').answer).rejects.toThrow('declares no access rule');
    await expect(ask(null, 'undeclared').answer).rejects.toThrow(AuthenticationRequired);
  });

  it('opens a public route without asking who calls', async () => {
    const { answer, resolver } = ask(null, 'open');
    expect(await answer).toBe(true);
    expect(resolver.resolve).not.toHaveBeenCalled();
  });

  it('opens other routes to signed-in users only', async () => {
    await expect(ask(null, 'signedIn').answer).rejects.toThrow(AuthenticationRequired);
    await expect(ask(null, 'both').answer).rejects.toThrow(AuthenticationRequired);
    expect(await ask(holding(), 'signedIn').answer).toBe(true);
  });

  it('asks for every one of the privileges and names the first that is lacking', async () => {
    await expect(ask(holding(), 'both').answer).rejects.toThrow('This needs the privilege reports.read.');
    await expect(ask(holding('reports.read'), 'both').answer).rejects.toThrow('reports.write');
    await expect(ask(holding('reports.write'), 'both').answer).rejects.toThrow(PrivilegeRequired);
    await expect(ask(holding('Reports.Read', 'reports.*', '*'), 'both').answer).rejects.toThrow(
      PrivilegeRequired,
    );
    expect(await ask(holding('reports.read', 'reports.write'), 'both').answer).toBe(true);
  });

  it('holds a handler to its own rule, whatever the class declares', async () => {
    await expect(ask(null, 'closed').answer).rejects.toThrow(AuthenticationRequired);
    await expect(ask(holding(), 'closed').answer).rejects.toThrow(PrivilegeRequired);
    expect(await ask(holding('reports.read'), 'closed').answer).toBe(true);
  });

  it('S57: asks for a sign-in of ten minutes ago at most where a route needs a recent one', async () => {
    const signedIn = (secondsAgo: number) =>
      new Actor(7, 3, 'session', new Set(), performance.now() - secondsAgo * 1000);
    expect(await ask(signedIn(0), 'sensitive').answer).toBe(true);
    expect(await ask(signedIn(599), 'sensitive').answer).toBe(true);
    await expect(ask(signedIn(601), 'sensitive').answer).rejects.toThrow(ReauthenticationRequired);
    expect(await ask(signedIn(601), 'signedIn').answer).toBe(true);
  });

  it('S57: takes an actor of whose sign-in nothing is known for one of long ago', async () => {
    await expect(ask(holding(), 'sensitive').answer).rejects.toThrow(ReauthenticationRequired);
  });

  it('lets a failure of the resolver through: it is no refusal', async () => {
    const resolver = new FakeResolver(holding());
    resolver.resolve.mockRejectedValueOnce(new Error('the database is away'));
    await expect(ask(null, 'signedIn', resolver).answer).rejects.toThrow('the database is away');
  });
});

describe('actorOf', () => {
  it('gives the actor of the request the guard let in', async () => {
    const actor = holding('reports.read', 'reports.write');
    const { answer, request } = ask(actor, 'both');
    await answer;
    expect(actorOf(request)).toBe(actor);
  });

  it('has none for a request that was refused, is public or is another one', async () => {
    const refused = ask(holding(), 'both');
    await expect(refused.answer).rejects.toThrow(PrivilegeRequired);
    const open = ask(holding(), 'open');
    await open.answer;
    for (const request of [refused.request, open.request, {} as FastifyRequest])
      expect(() => actorOf(request)).toThrow('has no actor');
  });
});

describe('declarePrivileges', () => {
  it('names privileges by noun and action', () => {
    expect(reports.read).toEqual({ name: 'reports.read', description: 'See the reports' });
    expect(holding('reports.read').holds(reports.read)).toBe(true);
    expect(holding('reports.read').holds(reports.write)).toBe(false);
  });
});

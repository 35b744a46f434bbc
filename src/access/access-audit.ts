import { Injectable, Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AuditLog } from '../platform/audit/audit-log.js';
import { SYSTEM, Transactions } from '../platform/database/transactions.js';
import { networkOf } from '../platform/http/client-address.js';
import { contextOf, type RequestContext } from '../platform/http/request-context.js';
import { onceInAWhile } from '../platform/logging/once-in-a-while.js';
import { findCaller, isAdministrative } from './access.guard.js';
import type { Actor } from './actor.js';

/** How long what one user does on one route is one entry. Milliseconds. */
const WINDOW = 10 * 60_000;
/** Pairs of user and route told apart in a window; what comes beyond shares one entry for all. */
const MOST_ENTRIES = 5_000;
/** What an entry names one by one. */
const MOST_NAMED = 500;

type Action = 'access.refused' | 'access.limited' | 'access.read';

/** What one user has done on one route, as far as it is not written yet. */
interface Entry {
  readonly action: Action;
  /** Null: all who are not signed in. */
  readonly actor: Actor | null;
  readonly route: string;
  isNew: boolean;
  since: Date;
  count: number;
  /** Ids of what was asked for; of those who are not signed in, their networks. */
  readonly named: Set<string>;
}

/**
 * Audits what changes nothing: refusals (403), limits reached (429), and what administrators read. The first of a user on
 * a route is written at once, what follows within ten minutes as one entry at the end: nobody fills the log, and nobody
 * is left out. Those who are not signed in count together, by route. All of it after the answer, which neither waits for
 * it nor changes when it fails.
 */
@Injectable()
export class AccessAudit {
  private readonly logger = new Logger(AccessAudit.name);
  private readonly entries = new Map<string, Entry>();
  private writing: Promise<void> = Promise.resolve();
  private readonly sayFailed = onceInAWhile((error: unknown) =>
    this.logger.error('Refusals and reads could not be audited; it is tried again', error),
  );

  constructor(
    private readonly audit: AuditLog,
    private readonly transactions: Transactions,
  ) {}

  /** Looks at every answer from now on. */
  watch(fastify: FastifyInstance): void {
    const timer = setInterval(() => void this.flush(), WINDOW).unref();
    fastify.addHook('onResponse', (request, reply, done) => {
      const action = actionOf(request, reply);
      if (action !== null) this.note(action, request);
      done();
    });
    // After the last answer, and before the database goes.
    fastify.addHook('onClose', async () => {
      clearInterval(timer);
      await this.flush();
    });
  }

  /** Writes what has come since, and begins anew. */
  async flush(): Promise<void> {
    const ended = [...this.entries.values()].filter(({ count }) => count > 0);
    this.entries.clear();
    for (const entry of ended) this.enqueue(entry, null);
    await this.writing;
  }

  private note(action: Action, request: FastifyRequest): void {
    const actor = findCaller(request);
    const context = contextOf(request);
    const entry = this.entryOf(action, actor, routeOf(request));
    const name = actor ? idOf(request) : networkOf(context.ip);
    entry.count += 1;
    if (name !== null && entry.named.size < MOST_NAMED) entry.named.add(name);
    // What a user has asked for is named in full; who floods without signing in is not worth a further entry.
    const isFull = entry.actor !== null && entry.named.size === MOST_NAMED;
    if (entry.isNew || isFull) this.enqueue(entry, context);
    entry.isNew = false;
  }

  private entryOf(action: Action, actor: Actor | null, route: string): Entry {
    const known = this.entries.get(keyOf({ action, actor, route }));
    if (known) return known;
    if (this.entries.size >= MOST_ENTRIES && route !== '*') return this.entryOf(action, null, '*');
    const entry = {
      action,
      actor,
      route,
      isNew: true,
      since: new Date(),
      count: 0,
      named: new Set<string>(),
    };
    this.entries.set(keyOf(entry), entry);
    return entry;
  }

  /** One after the other, on one connection: an attack takes no more of the pool than that. */
  private enqueue(entry: Entry, request: RequestContext | null): void {
    const { since, count } = entry;
    const named = [...entry.named];
    Object.assign(entry, { since: new Date(), count: 0 });
    entry.named.clear();
    this.writing = this.writing
      .then(() => this.write({ ...entry, since, count }, named, request))
      .catch((error: unknown) => {
        this.sayFailed(error);
        const current = this.entryOf(entry.action, entry.actor, entry.route);
        Object.assign(current, { since, count: current.count + count });
        for (const name of named) if (current.named.size < MOST_NAMED) current.named.add(name);
      });
  }

  private async write(
    { action, actor, route, since, count }: Entry,
    named: readonly string[],
    request: RequestContext | null,
  ): Promise<void> {
    const names = named.length > 0 && (actor ? { ids: named } : { networks: named });
    await this.transactions.run(SYSTEM, (tx) =>
      this.audit.record(tx, {
        action,
        actor: actor ?? SYSTEM,
        outcome: action === 'access.read' ? 'success' : 'failure',
        request,
        details: { route, count, since, ...names },
      }),
    );
  }
}

function actionOf(request: FastifyRequest, { statusCode }: FastifyReply): Action | null {
  if (statusCode === 403) return 'access.refused';
  if (statusCode === 429) return 'access.limited';
  const isRead = (request.method === 'GET' || request.method === 'HEAD') && statusCode < 400;
  return isRead && isAdministrative(request) ? 'access.read' : null;
}

/** Nothing the caller chooses: the pattern, not the address. */
function routeOf({ method, routeOptions: { url } }: FastifyRequest): string {
  return url === undefined ? '*' : `${method} ${url}`;
}

/** Which one was asked for, where a route is about one. What is no id is counted, and not kept: a caller makes it up. */
function idOf({ params }: FastifyRequest): string | null {
  const { id } = params as { id?: string };
  return id !== undefined && /^\d{1,16}$/.test(id) ? id : null;
}

function keyOf({ action, actor, route }: Pick<Entry, 'action' | 'actor' | 'route'>): string {
  return `${action} ${actor?.userId ?? '-'} ${route}`;
}

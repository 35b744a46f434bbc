import type { Caller } from './caller.js';
import type { GatehouseEvent } from './events.js';

export interface RevocationListOptions {
  /** `ACCESS_TOKEN_TTL` of Gatehouse, in seconds; 900 by default. About tokens that live longer the list does not speak. */
  readonly tokenLifetime?: number;
  /** Entries kept; 100,000 by default. */
  readonly max?: number;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

/** `unknown`: issued before the list saw everything, so that Gatehouse has to be asked. */
export type RevocationState = 'revoked' | 'good' | 'unknown';

/** Seconds that clocks of Gatehouse and of this machine may be apart. */
const CLOCKS_APART = 30;

/**
 * Sessions that have ended and users who may not act, told by events. Each process has its own list, and its own queue. Who
 * is on it is refused in any case; that somebody is not says something only while it is {@link connected}.
 * Bounded: what is revoked is kept as long as tokens of before can live, and when there is more, tokens that the list has
 * to forget about become `unknown`, never good.
 */
export class RevocationList {
  /** In the order they came; `at` is when it was revoked, `seenAt` when that was heard here, both in milliseconds. */
  private readonly entries = new Map<string, { readonly at: number; readonly seenAt: number }>();
  private readonly tokenLifetime: number;
  private readonly max: number;
  private readonly now: () => number;
  /** Milliseconds. Everything that was revoked since is here. */
  private completeSince = Infinity;

  constructor({ tokenLifetime = 900, max = 100_000, now = Date.now }: RevocationListOptions = {}) {
    this.tokenLifetime = tokenLifetime;
    this.max = max;
    this.now = now;
  }

  /** Takes what concerns it of an event; the same event again changes nothing. */
  take(event: GatehouseEvent): void {
    const { type, version, data } = event;
    if (type !== 'session.revoked' && type !== 'user.disabled' && type !== 'user.deleted') return;
    const at = Date.parse(event.occurredAt);
    const names =
      type === 'session.revoked' ? namesOf('session', data.sessionIds) : namesOf('user', [data.id]);
    // Not understood: then everything until now has to be asked about.
    if (version !== 1 || names === null) return this.knowsFrom(this.now());
    for (const name of names) this.add(name, at);
  }

  /** From now on every event arrives: the queue is bound. What was issued before, as clocks go, is asked about. */
  connected(): void {
    this.completeSince = this.now();
  }

  /** Events may be missing from now on, or have been: until it is `connected` again, everything is asked about. */
  disconnected(): void {
    this.completeSince = Infinity;
  }

  stateOf({ sessionId, userId, issuedAt, expiresAt }: Caller): RevocationState {
    if (this.entries.has(`session ${sessionId}`)) return 'revoked';
    const user = this.entries.get(`user ${userId}`);
    if (user && issuedAt * 1_000 <= user.at) return 'revoked';
    const isSeenWhole = issuedAt * 1_000 > this.completeSince + CLOCKS_APART * 1_000;
    return isSeenWhole && expiresAt - issuedAt <= this.tokenLifetime ? 'good' : 'unknown';
  }

  private add(name: string, at: number): void {
    const now = this.now();
    const known = this.entries.get(name);
    this.entries.delete(name);
    this.entries.set(name, { at: Math.max(at, known?.at ?? 0), seenAt: now });
    for (const [oldest, { seenAt }] of this.entries) {
      const isOver = now - seenAt > (this.tokenLifetime + 2 * CLOCKS_APART) * 1_000;
      if (!isOver && this.entries.size <= this.max) return;
      this.entries.delete(oldest);
      if (!isOver) this.knowsFrom(seenAt);
    }
  }

  private knowsFrom(time: number): void {
    this.completeSince = Math.max(this.completeSince, time);
  }
}

function namesOf(kind: string, ids: unknown): string[] | null {
  if (!Array.isArray(ids) || !ids.every((id) => Number.isInteger(id))) return null;
  return ids.map((id) => `${kind} ${id}`);
}

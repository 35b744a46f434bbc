import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { AuditRecord } from '../../platform/audit/audit-log.js';
import { SessionsConfig } from './sessions.config.js';
import { type Transaction, Transactions } from '../../platform/database/transactions.js';
import { ChangeLog } from '../../platform/events/change-log.js';
import { currentRequest } from '../../platform/http/request-context.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { createOneTimeToken } from '../../platform/security/one-time-token.js';
import type { TokenSubject } from '../tokens/access-tokens.service.js';
import type { RevokeReason } from './session.entity.js';
import { SessionNotFound } from './session.errors.js';
import { sessionsRevoked } from './session.events.js';
import { type OpenedBy, SessionsRepository, type SessionView } from './sessions.repository.js';

export const REFRESH_TOKEN_PREFIX = 'rt';

const CLEAN_UP_EVERY = 5 * 60_000;
/** Seconds an ended session is kept: until then the reuse of one of its tokens is still seen as what it is. */
const KEEP_ENDED = 7 * 86_400;
/** A session may take thousands of refresh tokens with it. */
const SESSIONS_AT_ONCE = 20;
const TOKENS_AT_ONCE = 1_000;

export interface NewSession {
  readonly subject: TokenSubject;
  /** The first refresh token. */
  readonly refreshToken: string;
}

/** Opens, lists and ends sessions. */
@Injectable()
export class SessionsService implements OnModuleInit {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly transactions: Transactions,
    private readonly changes: ChangeLog,
    private readonly jobs: Jobs,
    private readonly config: SessionsConfig,
  ) {}

  onModuleInit(): void {
    // Each by itself: one that fails keeps no other from its turn.
    this.jobs.drain({
      name: 'auth.clean_up_sessions',
      every: CLEAN_UP_EVERY,
      batch: SESSIONS_AT_ONCE,
      remove: (batch) => this.sessions.removeEnded(KEEP_ENDED, batch),
    });
    this.jobs.drain({
      name: 'auth.clean_up_refresh_tokens',
      every: CLEAN_UP_EVERY,
      batch: TOKENS_AT_ONCE,
      remove: (batch) => this.sessions.removeSeals(this.config.refreshGrace, batch),
    });
  }

  /**
   * A session for a user who has just proved who they are, under {@link lockUser}. Beyond SESSIONS_PER_USER the oldest
   * one ends.
   */
  async open(tx: Transaction, opened: OpenedBy): Promise<NewSession> {
    const { userId, amr } = opened;
    const request = currentRequest();
    const token = createOneTimeToken(REFRESH_TOKEN_PREFIX);
    const { sessionId, authTime } = await this.sessions.insert(
      tx,
      { ...opened, ip: request?.ip ?? null, userAgent: request?.userAgent ?? null },
      token.hash,
      this.config,
    );
    const excess = await this.sessions.revokeOldest(tx, userId, this.config.perUser);
    await this.tell(tx, { userId }, userId, excess, 'session_limit');
    return { subject: { userId, sessionId, amr, authTime }, refreshToken: token.value };
  }

  /** To be taken before the user's state is read and a session opened. */
  lockUser(tx: Transaction, userId: number): Promise<void> {
    return this.sessions.lockUser(tx, userId);
  }

  /** Those that may be used now, newest first. */
  list(userId: number): Promise<SessionView[]> {
    return this.sessions.listLive(userId);
  }

  /** Ends one session of a user. @throws SessionNotFound also for a session of somebody else */
  async end(
    userId: number,
    sessionId: number,
    reason: RevokeReason,
    actor: AuditRecord['actor'],
  ): Promise<void> {
    await this.transactions.run(actor, async (tx) => {
      if (!(await this.endIn(tx, userId, sessionId, reason, actor))) throw new SessionNotFound();
    });
  }

  /** As {@link end}, in the transaction of another change. False when there is no such live session. */
  async endIn(
    tx: Transaction,
    userId: number,
    sessionId: number,
    reason: RevokeReason,
    actor: AuditRecord['actor'],
  ): Promise<boolean> {
    const isEnded = await this.sessions.revoke(tx, sessionId, userId, reason);
    if (isEnded) await this.tell(tx, actor, userId, [sessionId], reason);
    return isEnded;
  }

  /** Ends the actor's own session; one that has just been ended elsewhere is as good. */
  async endOwn(actor: Actor): Promise<void> {
    await this.end(actor.userId, Number(actor.sessionId), 'logout', actor).catch((error: unknown) => {
      if (!(error instanceof SessionNotFound)) throw error;
    });
  }

  /** Ends every session of a user. */
  async endAll(userId: number, reason: RevokeReason, actor: Actor): Promise<void> {
    await this.transactions.run(actor, (tx) => this.endAllIn(tx, userId, reason, actor));
  }

  /** As {@link endAll}, in the transaction of another change, sparing one session if asked. */
  async endAllIn(
    tx: Transaction,
    userId: number,
    reason: RevokeReason,
    actor: AuditRecord['actor'],
    exceptId?: number,
  ): Promise<void> {
    await this.sessions.lockUser(tx, userId);
    await this.tell(tx, actor, userId, await this.sessions.revokeAll(tx, userId, reason, exceptId), reason);
  }

  /** Ends the sessions opened by an identity that is the user's no more. Under {@link lockUser}. */
  async endOpenedByIn(
    tx: Transaction,
    userId: number,
    identityId: number,
    actor: AuditRecord['actor'],
  ): Promise<void> {
    const ended = await this.sessions.revokeOpenedBy(tx, userId, identityId);
    await this.tell(tx, actor, userId, ended, 'identity_removed');
  }

  private async tell(
    tx: Transaction,
    actor: AuditRecord['actor'],
    userId: number,
    ended: readonly number[],
    reason: RevokeReason,
  ): Promise<void> {
    if (ended.length === 0) return;
    await this.changes.recordAll(tx, actor, sessionsRevoked(userId, ended, reason), ({ sessionIds }) =>
      sessionIds.length === 1
        ? { sessionId: sessionIds[0], reason }
        : { sessions: sessionIds.length, reason },
    );
  }
}

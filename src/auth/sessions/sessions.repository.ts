import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Transaction } from '../../platform/database/transactions.js';
import type { TokenSubject } from '../tokens/access-tokens.service.js';
import type { RevokeReason } from './session.entity.js';

export interface SessionView {
  readonly id: number;
  /** Authentication method references; none for a session of before they were kept. */
  readonly amr: readonly string[];
  readonly authenticatedAt: Date;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
}

/** Whose session it is, and how they proved who they are. */
export interface OpenedBy {
  readonly userId: number;
  /** The address, number or provider account that was proved; null for a password. */
  readonly identityId: number | null;
  /** Authentication method references. */
  readonly amr: readonly string[];
}

/** A refresh token that was presented, with its session, as they are under the session's lock. */
export interface PresentedToken extends TokenSubject {
  readonly id: string;
  readonly isSessionOver: boolean;
  readonly isUsed: boolean;
  readonly isInGrace: boolean;
  readonly isSuccessorUsed: boolean;
  readonly successorSealed: Buffer | null;
}

export interface Lifetimes {
  /** Seconds */
  readonly idle: number;
  /** Seconds */
  readonly absolute: number;
}

const IS_LIVE =
  'revoked_at IS NULL AND idle_expires_at > clock_timestamp() AND expires_at > clock_timestamp()';

/** The idle end is never after the absolute one or a revocation: dead sessions are found by it alone. */
const REVOKED = 'revoked_at = clock_timestamp(), idle_expires_at = least(idle_expires_at, clock_timestamp())';

/** Every query of `session` and `refresh_token`. All times are the database's. */
@Injectable()
export class SessionsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Opens a session with its first refresh token. Answers its id, and the time of the proof in seconds since 1970. */
  async insert(
    tx: Transaction,
    session: OpenedBy & { ip: string | null; userAgent: string | null },
    tokenHash: Buffer,
    lifetimes: Lifetimes,
  ): Promise<{ sessionId: number; authTime: number }> {
    const [row] = await tx.query<{ sessionId: number; authTime: number }>(
      `WITH opened AS (
         INSERT INTO session (user_id, ip, user_agent, amr, identity_id, auth_time, idle_expires_at, expires_at)
         VALUES ($1, $2, $3, $6, $7, now(), now() + make_interval(secs => least($4::int, $5::int)), now() + make_interval(secs => $5))
         RETURNING id, auth_time),
       token AS (INSERT INTO refresh_token (session_id, token_hash) SELECT id, $8 FROM opened)
       SELECT id::float8 AS "sessionId", floor(extract(epoch FROM auth_time))::float8 AS "authTime" FROM opened`,
      [
        session.userId,
        session.ip,
        session.userAgent,
        lifetimes.idle,
        lifetimes.absolute,
        session.amr,
        session.identityId,
        tokenHash,
      ],
    );
    if (!row) throw new Error('INSERT … RETURNING answered no row');
    return row;
  }

  /**
   * A refresh token and its session, under the session's lock: everything about a session (refresh, logout, reuse) comes
   * one after the other. Null when the token is unknown.
   *
   * Two statements, sent at once and done one after the other. One that locks and reads would answer what its snapshot
   * holds of before the wait: only the locked row is read again.
   */
  async lockPresented(
    tx: Transaction,
    tokenHash: Buffer,
    graceSeconds: number,
  ): Promise<PresentedToken | null> {
    const [locked, [presented]] = await tx.all([
      tx.prepared(
        'lock-session-of-token',
        `SELECT s.id FROM refresh_token t JOIN session s ON s.id = t.session_id
         WHERE t.token_hash = $1 FOR NO KEY UPDATE OF s`,
        [tokenHash],
      ),
      tx.prepared<PresentedToken>(
        'read-presented-token',
        `SELECT t.id, s.id::float8 AS "sessionId", s.user_id AS "userId", s.amr,
                floor(extract(epoch FROM coalesce(s.auth_time, s.created_at)))::float8 AS "authTime", NOT (${IS_LIVE}) AS "isSessionOver",
                t.used_at IS NOT NULL AS "isUsed",
                coalesce(t.used_at > clock_timestamp() - make_interval(secs => $2), false) AS "isInGrace",
                coalesce(child.used_at IS NOT NULL, false) AS "isSuccessorUsed", t.successor_sealed AS "successorSealed"
         FROM refresh_token t JOIN session s ON s.id = t.session_id
         LEFT JOIN refresh_token child ON child.parent_id = t.id
         WHERE t.token_hash = $1`,
        [tokenHash, graceSeconds],
      ),
    ]);
    return locked.length > 0 && presented ? presented : null;
  }

  /** Uses the token up for its successor. The idle end of the session moves on, never past the absolute one. */
  exchange(
    tx: Transaction,
    { id, sessionId }: PresentedToken,
    successor: { readonly hash: Buffer; readonly sealed: Buffer },
    idleSeconds: number,
  ): void {
    tx.preparedLast(
      'exchange-token',
      `WITH used AS (
         UPDATE refresh_token SET used_at = clock_timestamp(), successor_sealed = $4 WHERE id = $1),
       successor AS (
         INSERT INTO refresh_token (session_id, token_hash, parent_id) VALUES ($2, $3, $1))
       UPDATE session SET last_seen_at = clock_timestamp(),
         idle_expires_at = least(clock_timestamp() + make_interval(secs => $5), expires_at) WHERE id = $2`,
      [id, sessionId, successor.hash, successor.sealed, idleSeconds],
    );
  }

  async listLive(userId: number): Promise<SessionView[]> {
    return this.dataSource.query<SessionView[]>(
      `SELECT id::float8 AS id, amr, coalesce(auth_time, created_at) AS "authenticatedAt", host(ip) AS ip, user_agent AS "userAgent",
              created_at AS "createdAt", last_seen_at AS "lastSeenAt", idle_expires_at AS "expiresAt"
       FROM session WHERE user_id = $1 AND ${IS_LIVE} ORDER BY id DESC LIMIT 1000`,
      [userId],
    );
  }

  /** Whose refresh token this is, used or not. */
  async findOwner(tokenHash: Buffer): Promise<{ userId: number; sessionId: number } | null> {
    const rows = await this.dataSource.query<{ userId: number; sessionId: number }[]>(
      `SELECT s.user_id AS "userId", s.id::float8 AS "sessionId" FROM refresh_token t
       JOIN session s ON s.id = t.session_id WHERE t.token_hash = $1`,
      [tokenHash],
    );
    return rows[0] ?? null;
  }

  /** Ends one live session of this user. False when there is none. */
  async revoke(tx: Transaction, sessionId: number, userId: number, reason: RevokeReason): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE session SET ${REVOKED}, revoke_reason = $3
       WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL RETURNING id`,
      [sessionId, userId, reason],
    );
    return rows.length > 0;
  }

  /** Whoever opens or ends all sessions of a user does so under this lock, one after the other. */
  async lockUser(tx: Transaction, userId: number): Promise<void> {
    await tx.query('SELECT id FROM user_auth WHERE user_id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE', [
      userId,
    ]);
  }

  /** Ends every session of the user but `exceptId`. Answers the ids of those ended. */
  async revokeAll(tx: Transaction, userId: number, reason: RevokeReason, exceptId = 0): Promise<number[]> {
    const rows = await tx.query<{ id: number }>(
      `UPDATE session SET ${REVOKED}, revoke_reason = $2
       WHERE user_id = $1 AND id <> $3 AND revoked_at IS NULL RETURNING id::float8 AS id`,
      [userId, reason, exceptId],
    );
    return rows.map((row) => row.id);
  }

  /** Those of before this was kept may have been opened by any of the user's identities: they end as well. */
  async revokeOpenedBy(tx: Transaction, userId: number, identityId: number): Promise<number[]> {
    const rows = await tx.query<{ id: number }>(
      `UPDATE session SET ${REVOKED}, revoke_reason = 'identity_removed'
       WHERE user_id = $1 AND (identity_id = $2 OR amr = '{}') AND revoked_at IS NULL RETURNING id::float8 AS id`,
      [userId, identityId],
    );
    return rows.map((row) => row.id);
  }

  /** Ends the live sessions of the user beyond the `most` newest. Answers the ids of those ended. */
  async revokeOldest(tx: Transaction, userId: number, most: number): Promise<number[]> {
    const rows = await tx.query<{ id: number }>(
      `UPDATE session SET ${REVOKED}, revoke_reason = 'session_limit' WHERE id = ANY (ARRAY(
         SELECT id FROM session WHERE user_id = $1 AND ${IS_LIVE} ORDER BY id DESC OFFSET $2))
       RETURNING id::float8 AS id`,
      [userId, most],
    );
    return rows.map((row) => row.id);
  }

  /** Removes some of the sessions that ended `keepSeconds` ago, with their tokens. Answers how many. */
  async removeEnded(keepSeconds: number, batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM session WHERE id = ANY (ARRAY(
         SELECT id FROM session
         WHERE idle_expires_at < now() - make_interval(secs => $1)
         ORDER BY idle_expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING id`,
      [keepSeconds, batch],
    );
    return removed.length;
  }

  /** Forgets some of the successors nobody can ask for any more. Answers how many. */
  async removeSeals(graceSeconds: number, batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `UPDATE refresh_token SET successor_sealed = NULL WHERE id = ANY (ARRAY(
         SELECT id FROM refresh_token
         WHERE successor_sealed IS NOT NULL AND used_at < now() - make_interval(secs => $1)
         ORDER BY used_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING id`,
      [graceSeconds, batch],
    );
    return removed.length;
  }
}

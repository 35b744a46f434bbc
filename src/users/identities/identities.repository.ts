import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Contact, ContactType } from '../../messages/contact.js';
import { mapConstraintViolation } from '../../platform/database/constraint-violation.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { UsersConfig } from '../users.config.js';
import { IdentityTaken } from './identity.errors.js';
import type { IdentityRef } from './identity.events.js';

/**
 * A contact nobody else may have: it was proved, or its user was invited by it and has no way in yet. Everything else is
 * a claim, which gives way to whoever proves the contact.
 */
const IS_HELD = `(i.is_verified OR (i.is_primary AND NOT EXISTS (
  SELECT 1 FROM user_identity o
  WHERE o.user_id = i.user_id AND o.deleted_at IS NULL AND (o.is_verified OR o.type = 'oauth'))))`;

/** SQL: a code that is out ends, and none that was asked for before is stored. */
const VOIDED = 'SET otp_code = NULL, otp_challenge = NULL, otp_generated_at = clock_timestamp()';
/** SQL condition: codes to sign in with of the user `$1`. */
const OF_USER = 'identity_id IN (SELECT id FROM user_identity WHERE user_id = $1)';
/** Whose user may be about to enter the code. $4: seconds a code is good for. */
const IS_BEING_PROVED = `(i.otp_code IS NOT NULL AND i.otp_generated_at > now() - make_interval(secs => $4)
  AND (i.otp_locked_until IS NULL OR i.otp_locked_until <= now()))`;

const PURGE_EVERY = 60 * 60_000;

const constraints = { ux_user_identity_value: () => new IdentityTaken() };

/** A contact by its id, and whose it is. */
export type ContactRef = IdentityRef & { readonly type: ContactType };

@Injectable()
export class IdentitiesRepository implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly jobs: Jobs,
    private readonly config: UsersConfig,
  ) {}

  onModuleInit(): void {
    const { purgeAfterDays } = this.config;
    if (purgeAfterDays === 0) return;
    this.jobs.drain({
      name: 'identities.purge',
      every: PURGE_EVERY,
      batch: 1_000,
      remove: (batch) => this.purge(purgeAfterDays, batch),
    });
  }

  /** @throws IdentityTaken */
  async insertContact(
    tx: Transaction,
    contact: Contact & { userId: number; isVerified: boolean; isPrimary: boolean },
  ): Promise<{ readonly id: number }> {
    const { userId, type, value, isVerified, isPrimary } = contact;
    const [identity] = await mapConstraintViolation(constraints, () =>
      tx.prepared<{ id: number }>(
        'insert-contact',
        `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary)
         VALUES ($1, $2, $3, $4, $5) RETURNING id`,
        [userId, type, value, isVerified, isPrimary],
      ),
    );
    if (!identity) throw new Error('INSERT … RETURNING answered no row');
    return identity;
  }

  /**
   * Ends the claim of another user to this contact, if there is one. Not one that is being proved: a code for it went out
   * within `spared` seconds.
   */
  async voidClaim(
    tx: Transaction,
    { type, value }: Contact,
    forUserId: number,
    spared: number,
  ): Promise<ContactRef | null> {
    const rows = await tx.prepared<ContactRef>(
      'void-claim',
      `UPDATE user_identity i SET deleted_at = now()
       WHERE i.type = $1 AND i.value = $2 AND i.oauth_provider IS NULL AND i.deleted_at IS NULL AND i.user_id <> $3
         AND NOT ${IS_HELD} AND NOT ($4 > 0 AND ${IS_BEING_PROVED})
       RETURNING i.id, i.user_id AS "userId", i.type`,
      [type, value, forUserId, spared],
    );
    return rows[0] ?? null;
  }

  /**
   * Takes the contact of an invited user who has no way in yet as proved: theirs, or null. Once, by whichever of their
   * contacts: under the user's lock, which a deletion takes first as well.
   */
  async proveInvited(tx: Transaction, { type, value }: Contact): Promise<ContactRef | null> {
    await tx.query(
      `SELECT 1 FROM "user" u JOIN user_identity i ON i.user_id = u.id
       WHERE i.type = $1 AND i.value = $2 AND NOT i.is_verified AND i.deleted_at IS NULL FOR NO KEY UPDATE OF u`,
      [type, value],
    );
    const rows = await tx.query<ContactRef>(
      `UPDATE user_identity i SET is_verified = true
       WHERE i.type = $1 AND i.value = $2 AND i.oauth_provider IS NULL AND i.deleted_at IS NULL
         AND NOT i.is_verified AND ${IS_HELD}
         AND EXISTS (SELECT 1 FROM "user" u WHERE u.id = i.user_id AND u.is_active AND u.deleted_at IS NULL)
       RETURNING i.id, i.user_id AS "userId", i.type`,
      [type, value],
    );
    return rows[0] ?? null;
  }

  async findContact(
    { type, value }: Contact,
    tx?: Transaction,
  ): Promise<{ userId: number; isVerified: boolean } | null> {
    type Row = { userId: number; isVerified: boolean };
    const sql = `SELECT user_id AS "userId", is_verified AS "isVerified" FROM user_identity
       WHERE type = $1 AND value = $2 AND oauth_provider IS NULL AND deleted_at IS NULL`;
    const given = [type, value];
    const rows = tx ? await tx.query<Row>(sql, given) : await this.dataSource.query<Row[]>(sql, given);
    return rows[0] ?? null;
  }

  /** Those of a deleted user too, as they were deleted together. */
  primaryContacts(userIds: readonly number[], tx?: Transaction): Promise<(Contact & { userId: number })[]> {
    type Row = Contact & { userId: number };
    const sql = `SELECT i.user_id AS "userId", i.type, i.value FROM user_identity i JOIN "user" u ON u.id = i.user_id
       WHERE i.user_id = ANY($1::int[]) AND i.is_primary AND i.deleted_at IS NOT DISTINCT FROM u.deleted_at`;
    return tx ? tx.query<Row>(sql, [userIds]) : this.dataSource.query<Row[]>(sql, [userIds]);
  }

  /** Contacts that are known to be the user's: proved ones, and those an administrator has given them. */
  async findKnown(userId: number): Promise<string[]> {
    const rows = await this.dataSource.query<{ value: string }[]>(
      `SELECT value FROM user_identity
       WHERE user_id = $1 AND type <> 'oauth' AND (is_primary OR is_verified) AND deleted_at IS NULL`,
      [userId],
    );
    return rows.map(({ value }) => value);
  }

  /**
   * The contact a message to this user goes to: the primary e-mail, else the primary mobile. One that is not proved only
   * if the user has proved neither: it may be somebody else's by a slip of whoever typed it.
   */
  async findReachable(tx: Transaction, userId: number): Promise<(Contact & { id: number }) | null> {
    const rows = await tx.prepared<Contact & { id: number }>(
      'read-reachable',
      `SELECT id, type, value FROM user_identity
       WHERE user_id = $1 AND (is_primary OR is_verified) AND type <> 'oauth' AND deleted_at IS NULL
       ORDER BY is_verified DESC, is_primary DESC, type LIMIT 1`,
      [userId],
    );
    return rows[0] ?? null;
  }

  /** Every contact the user has shown to be theirs. */
  async findVerified(tx: Transaction, userId: number): Promise<number[]> {
    const rows = await tx.query<{ id: number }>(
      `SELECT id FROM user_identity
       WHERE user_id = $1 AND type <> 'oauth' AND is_verified AND deleted_at IS NULL ORDER BY id`,
      [userId],
    );
    return rows.map(({ id }) => id);
  }

  /** A contact and the language of its user. Removed ones too: who removed it may not have been the owner. */
  async findRecipient(id: number): Promise<(Contact & { userId: number; language: string }) | null> {
    const rows = await this.dataSource.query<(Contact & { userId: number; language: string })[]>(
      `SELECT i.user_id AS "userId", i.type, i.value, u.language FROM user_identity i JOIN "user" u ON u.id = i.user_id
       WHERE i.id = $1 AND i.type <> 'oauth'`,
      [id],
    );
    return rows[0] ?? null;
  }

  async hasWayIn(
    tx: Transaction,
    userIds: readonly number[],
    providers: readonly string[],
  ): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM user_identity
       WHERE user_id = ANY($1::int[]) AND deleted_at IS NULL AND (is_verified OR oauth_provider = ANY($2::text[])) LIMIT 1`,
      [userIds, providers],
    );
    return rows.length > 0;
  }

  async isProvedOf(tx: Transaction, userId: number, id: number): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM user_identity
       WHERE id = $2 AND user_id = $1 AND deleted_at IS NULL AND (is_verified OR type = 'oauth')`,
      [userId, id],
    );
    return rows.length > 0;
  }

  /** What it takes to welcome a user: the primary e-mail, else the primary mobile. */
  async findNewcomer(userId: number): Promise<(Contact & { language: string; firstName: string }) | null> {
    const rows = await this.dataSource.query<(Contact & { language: string; firstName: string })[]>(
      `SELECT i.type, i.value, u.language, u.first_name AS "firstName"
       FROM user_identity i JOIN "user" u ON u.id = i.user_id
       WHERE u.id = $1 AND i.is_primary AND i.deleted_at IS NULL AND u.deleted_at IS NULL
       ORDER BY i.type LIMIT 1`,
      [userId],
    );
    return rows[0] ?? null;
  }

  /** Every contact of the user: primary ones first, e-mail before mobile. */
  findContactsOf(
    tx: Transaction,
    userId: number,
  ): Promise<(Contact & { identityId: number; isVerified: boolean })[]> {
    return tx.query(
      `SELECT id AS "identityId", type, value, is_verified AS "isVerified" FROM user_identity
       WHERE user_id = $1 AND type <> 'oauth' AND deleted_at IS NULL ORDER BY is_primary DESC, type, id`,
      [userId],
    );
  }

  /** Answers what was proved; null when it is not the user's any more. */
  async markVerified(tx: Transaction, id: number, userId: number): Promise<Contact | null> {
    const rows = await tx.query<Contact>(
      `WITH proved AS (
         UPDATE user_identity SET is_verified = true, otp_failures = 0
         WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL AND (NOT is_verified OR otp_failures > 0))
       SELECT type, value FROM user_identity WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL`,
      [id, userId],
    );
    return rows[0] ?? null;
  }

  /**
   * Gives all of them the same time of deletion, by which they are told apart when the user is restored. Locked in one
   * order for all. Codes that are out die with them.
   */
  async softDeleteOf(tx: Transaction, userId: number): Promise<void> {
    await tx.query(
      `WITH own AS (
         SELECT id FROM user_identity WHERE user_id = $1 AND deleted_at IS NULL
         ORDER BY type, value FOR NO KEY UPDATE)
       UPDATE user_identity SET deleted_at = now(), otp_code = NULL, otp_challenge = NULL
       WHERE id IN (SELECT id FROM own)`,
      [userId],
    );
    await tx.query(`UPDATE sign_in_code ${VOIDED} WHERE ${OF_USER}`, [userId]);
  }

  /** Ends the codes that are out for a user; one that was asked for before is not stored after it. */
  async voidCodesOf(tx: Transaction, userId: number): Promise<void> {
    await tx.query(
      `UPDATE user_identity ${VOIDED} WHERE user_id = $1 AND type <> 'oauth' AND deleted_at IS NULL`,
      [userId],
    );
    await tx.query(`UPDATE sign_in_code ${VOIDED} WHERE ${OF_USER}`, [userId]);
  }

  /** The contacts a deleted user had proved; in one order for all, as they are locked one after the other. */
  findProvedBefore(tx: Transaction, userId: number, deletedAt: Date): Promise<Contact[]> {
    return tx.query(
      `SELECT type, value FROM user_identity
       WHERE user_id = $1 AND deleted_at = $2 AND type <> 'oauth' AND is_verified ORDER BY type, value`,
      [userId, deletedAt],
    );
  }

  /**
   * What was a mere claim stays deleted where the contact is somebody else's by now.
   * @throws IdentityTaken when another user has taken one that was more than that
   */
  async restoreOf(tx: Transaction, userId: number, deletedAt: Date): Promise<void> {
    await mapConstraintViolation(constraints, () =>
      tx.query(
        `UPDATE user_identity i SET deleted_at = NULL WHERE user_id = $1 AND deleted_at = $2
         AND (i.type = 'oauth' OR i.is_verified OR i.is_primary OR NOT EXISTS (
           SELECT 1 FROM user_identity live
           WHERE live.type = i.type AND live.value = i.value AND live.oauth_provider IS NULL AND live.deleted_at IS NULL))`,
        [userId, deletedAt],
      ),
    );
  }

  /**
   * Removes for good some of the addresses, numbers and provider accounts that were removed, or deleted with their user, so
   * many days ago. Answers how many. Those of a user who can still be restored wait until the user is purged; a provider
   * account that its user has removed is known as removed for as long as the user is: it is not joined again by its address.
   */
  private async purge(afterDays: number, batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM user_identity WHERE id = ANY (ARRAY(
         SELECT i.id FROM user_identity i JOIN "user" u ON u.id = i.user_id
         WHERE i.deleted_at < now() - make_interval(days => $1)
           AND (u.purged_at IS NOT NULL OR (i.deleted_at IS DISTINCT FROM u.deleted_at AND i.type <> 'oauth'))
         ORDER BY i.deleted_at LIMIT $2 FOR UPDATE OF i SKIP LOCKED)) RETURNING 1`,
      [afterDays, batch],
    );
    return removed.length;
  }
}

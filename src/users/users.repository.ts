import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Not, Repository } from 'typeorm';
import { gathered } from '../common/gathered.js';
import type { Page, PageRequest } from '../common/page.js';
import { CONTACT_TYPES, type ContactType } from '../messages/contact.js';
import { keysetPage } from '../platform/database/keyset-page.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { updateReturning } from '../platform/database/returning.js';
import type { Transaction } from '../platform/database/transactions.js';
import { User } from './user.entity.js';
import type { Contacts } from './identities/identities.service.js';
import type { Shown } from './user.response.js';

export type UserSortField = 'id' | 'createdAt';
export type UserFields = Pick<
  User,
  'firstName' | 'lastName' | 'jobTitle' | 'gender' | 'dob' | 'language' | 'roleId' | 'isActive'
>;

export type UserFilters = {
  readonly roleId?: number;
  readonly isActive?: boolean;
  /** In canonical form. */
  readonly email?: string;
  readonly mobile?: string;
  /** Deleted users who can be restored, in place of the others. */
  readonly deleted?: true;
};

/** A user with their primary contacts. */
export type ShownUser = Shown & Contacts;

/** A user who may act, by what their role holds at this version. */
export interface Principal {
  readonly roleId: number;
  readonly roleVersion: number;
}

/** Condition: the user aliased `u` may act, in the role aliased `r`. */
const MAY_ACT = 'r.id = u.role_id AND r.deleted_at IS NULL AND u.is_active AND u.deleted_at IS NULL';

/** Columns of the user aliased `u`: {@link Shown}. */
const SHOWN = `u.id, u.first_name AS "firstName", u.last_name AS "lastName", u.job_title AS "jobTitle", u.gender, u.dob,
  u.language, u.profile_image_url AS "profileImageUrl", u.is_active AS "isActive", u.role_id AS "roleId",
  u.created_at AS "createdAt", u.updated_at AS "updatedAt", u.created_by AS "createdBy", u.updated_by AS "updatedBy"`;

@Injectable()
export class UsersRepository {
  private readonly findShownGathered = gathered((ids: readonly number[]) => this.findAllShown(ids));

  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  list(request: PageRequest<UserSortField>, filters: UserFilters): Promise<Page<User>> {
    const query = this.users.createQueryBuilder('row');
    if (filters.roleId !== undefined) query.andWhere('row.roleId = :roleId', { roleId: filters.roleId });
    if (filters.isActive !== undefined)
      query.andWhere('row.isActive = :isActive', { isActive: filters.isActive });
    for (const type of CONTACT_TYPES) {
      const value = filters[type];
      if (value !== undefined) query.andWhere(knownBy(type, filters), { [type]: value });
    }
    if (filters.deleted) query.withDeleted().andWhere('row.deletedAt IS NOT NULL AND row.purgedAt IS NULL');
    return keysetPage(query, request);
  }

  find(id: number): Promise<User | null> {
    return this.users.findOneBy({ id });
  }

  /** As the API shows a user: what is read most by far. */
  findShown(id: number): Promise<ShownUser | null> {
    return this.findShownGathered(id);
  }

  private async findAllShown(ids: readonly number[]): Promise<(ShownUser | null)[]> {
    const rows = await queryPrepared<ShownUser>(
      this.users.manager.dataSource,
      'read-users',
      `SELECT ${SHOWN}, e.value AS email, m.value AS mobile
       FROM "user" u
       LEFT JOIN user_identity e ON e.user_id = u.id AND e.type = 'email' AND e.is_primary AND e.deleted_at IS NULL
       LEFT JOIN user_identity m ON m.user_id = u.id AND m.type = 'mobile' AND m.is_primary AND m.deleted_at IS NULL
       WHERE u.id = ANY($1) AND u.deleted_at IS NULL`,
      [ids],
    );
    const users = new Map(rows.map((user) => [user.id, user]));
    return ids.map((id) => users.get(id) ?? null);
  }

  findForChange(tx: Transaction, id: number): Promise<User | null> {
    return tx.repository(User).findOne({ where: { id }, lock: { mode: 'for_no_key_update' } });
  }

  /** Null for one who was purged as well: nothing is left to bring back. */
  findDeletedForChange(tx: Transaction, id: number): Promise<User | null> {
    return tx.repository(User).findOne({
      where: { id, deletedAt: Not(IsNull()), purgedAt: IsNull() },
      withDeleted: true,
      lock: { mode: 'for_no_key_update' },
    });
  }

  /** Null for a user who is unknown, deleted or disabled, or whose role is gone. */
  async findPrincipal(id: number): Promise<Principal | null> {
    const rows = await this.users.query<Principal[]>(
      `SELECT r.id AS "roleId", r.version AS "roleVersion" FROM "user" u JOIN role r ON ${MAY_ACT} WHERE u.id = $1`,
      [id],
    );
    return rows[0] ?? null;
  }

  /** False where {@link findPrincipal} finds nobody. */
  async mayAct(tx: Transaction, id: number): Promise<boolean> {
    const rows = await tx.prepared(
      'may-user-act',
      `SELECT 1 FROM "user" u JOIN role r ON ${MAY_ACT} WHERE u.id = $1`,
      [id],
    );
    return rows.length > 0;
  }

  /** Null for a user who is unknown, deleted or disabled. */
  async findLanguage(tx: Transaction, id: number): Promise<string | null> {
    const rows = await tx.query<{ language: string }>(
      'SELECT language FROM "user" WHERE id = $1 AND is_active AND deleted_at IS NULL',
      [id],
    );
    return rows[0]?.language ?? null;
  }

  async insert(tx: Transaction, fields: UserFields): Promise<Shown> {
    const { firstName, lastName, jobTitle, gender, dob, language, roleId, isActive } = fields;
    const [user] = await tx.prepared<Shown>(
      'insert-user',
      `INSERT INTO "user" AS u (first_name, last_name, job_title, gender, dob, language, role_id, is_active)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${SHOWN}`,
      [firstName, lastName, jobTitle, gender, dob, language, roleId, isActive],
    );
    if (!user) throw new Error('INSERT … RETURNING answered no row');
    return user;
  }

  update(tx: Transaction, id: number, fields: Partial<UserFields>): Promise<User> {
    return updateReturning(tx, User, id, fields);
  }

  async softDelete(tx: Transaction, id: number): Promise<void> {
    await tx.repository(User).softDelete({ id, deletedAt: IsNull() });
  }

  async restore(tx: Transaction, id: number): Promise<void> {
    await tx.repository(User).restore({ id });
  }

  /** Overwrites what is personal of some users deleted so many days ago. Answers which. */
  async purge(tx: Transaction, afterDays: number, batch: number): Promise<number[]> {
    const rows = await tx.query<{ id: number }>(
      `UPDATE "user" SET first_name = 'Deleted', last_name = NULL, job_title = NULL, gender = NULL, dob = NULL,
         profile_image_url = NULL, language = DEFAULT, purged_at = now()
       WHERE id = ANY (ARRAY(
         SELECT id FROM "user"
         WHERE deleted_at < now() - make_interval(days => $1) AND purged_at IS NULL
         ORDER BY deleted_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)) RETURNING id`,
      [afterDays, batch],
    );
    return rows.map(({ id }) => id);
  }

  /** Active users of a role, one excepted. */
  async findOthersActiveIn(tx: Transaction, roleId: number, exceptId: number): Promise<number[]> {
    const others = { roleId, isActive: true, id: Not(exceptId) };
    return (await tx.repository(User).find({ where: others, select: { id: true } })).map(({ id }) => id);
  }
}

/** Whatever is claimed counts, proved or not; of a deleted user what was deleted along. */
function knownBy(type: ContactType, { deleted }: UserFilters): string {
  return `EXISTS (SELECT 1 FROM user_identity i
    WHERE i.type = '${type}' AND i.value = :${type} AND i.oauth_provider IS NULL AND i.user_id = row.id
      AND i.deleted_at ${deleted ? '= row.deletedAt' : 'IS NULL'})`;
}

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BoundedMap } from '../common/bounded-map.js';
import { SUPER_ADMIN } from './system-roles.js';

/** Names kept in memory, of all sets together: some 30 MB at most. Beyond, the set used longest ago goes. */
const KEPT = 300_000;

interface VersionedSet {
  readonly version: number;
  readonly names: ReadonlySet<string>;
}

/** SQL condition: the role aliased `r` effectively holds the privilege aliased `p`. */
export const HOLDS = `(r.name = '${SUPER_ADMIN}' OR EXISTS (
  SELECT 1 FROM role_privilege rp WHERE rp.role_id = r.id AND rp.privilege_id = p.id AND rp.deleted_at IS NULL))`;

/**
 * What a role may do. Database triggers count up `role.version` in the transaction of every change that touches
 * the role's privileges; a set is reused only for the version it was read under, so that a change counts on the
 * next request while the request pays for one row, however many privileges the role holds.
 */
@Injectable()
export class EffectivePrivilegesService {
  private readonly sets = new BoundedMap<number, VersionedSet>(KEPT, ({ names }) => names.size + 1);
  /** By role and the version that was asked for: after a change, all who wait for the new set wait for one read of it. */
  private readonly reading = new Map<string, Promise<VersionedSet>>();

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Names of the privileges of a role. `version` is the role's version, just read from the database. */
  async of(roleId: number, version: number): Promise<ReadonlySet<string>> {
    const known = this.sets.get(roleId);
    if (known?.version === version) return known.names;
    const asked = `${roleId} ${version}`;
    let reading = this.reading.get(asked);
    if (!reading) {
      reading = this.read(roleId).finally(() => this.reading.delete(asked));
      this.reading.set(asked, reading);
    }
    return (await reading).names;
  }

  /** The roles that hold one of the privileges, at their versions of now. */
  versionsOfHolders(privilegeIds: readonly number[]): Promise<{ id: number; version: number }[]> {
    return this.dataSource.query<{ id: number; version: number }[]>(
      `SELECT id, version FROM role WHERE name = $2
         OR id IN (SELECT role_id FROM role_privilege WHERE privilege_id = ANY($1) AND deleted_at IS NULL)`,
      [privilegeIds, SUPER_ADMIN],
    );
  }

  /** Version and privileges in one statement, that is, of one moment. */
  private async read(roleId: number): Promise<VersionedSet> {
    const [row] = await this.dataSource.query<{ version: number; names: string[] }[]>(
      `SELECT r.version, CASE r.name
         WHEN $2 THEN ARRAY(SELECT name FROM privilege WHERE deleted_at IS NULL)
         ELSE ARRAY(
           SELECT p.name FROM role_privilege rp JOIN privilege p ON p.id = rp.privilege_id AND p.deleted_at IS NULL
           WHERE rp.role_id = r.id AND rp.deleted_at IS NULL) END AS names
       FROM role r WHERE r.id = $1 AND r.deleted_at IS NULL`,
      [roleId, SUPER_ADMIN],
    );
    const read = { version: row?.version ?? 0, names: new Set(row?.names) };
    this.sets.set(roleId, read);
    return read;
  }
}

import type { DataSource } from 'typeorm';
import type { PrivilegeDefinition } from '../src/access/privilege.js';
import { canonicalName } from '../src/common/canonical-name.js';
import { SUPER_ADMIN } from '../src/roles/system-roles.js';

interface SeedRole {
  readonly name: string;
  readonly description: string;
  /** Privileges granted by default; SuperAdmin holds all of them anyway. */
  readonly grants: readonly string[];
}

const ROLES: readonly SeedRole[] = [
  { name: SUPER_ADMIN, description: 'Holds every privilege, always', grants: [] },
  {
    name: 'Admin',
    description: 'Administers users, roles and privileges',
    grants: [
      ...['read', 'create', 'update', 'delete', 'restore', 'unlock'].map((action) => `users.${action}`),
      ...['read', 'create', 'update', 'delete', 'grant'].map((action) => `roles.${action}`),
      'privileges.read',
      'access.check',
      'sessions.read',
      'sessions.revoke',
      'webhooks.manage',
    ],
  },
  { name: 'Staff', description: 'Looks things up', grants: ['users.read', 'roles.read', 'privileges.read'] },
  { name: 'User', description: 'Manages the own account only', grants: [] },
];

/**
 * Creates what is missing of the declared privileges and the system roles, and brings descriptions of privileges
 * up to date. Safe to run again and again: a default grant is given only when its privilege or its role is new, so
 * what an administrator took away stays away.
 */
export async function seedPrivilegesAndRoles(
  dataSource: DataSource,
  declared: readonly PrivilegeDefinition[],
): Promise<void> {
  await dataSource.transaction(async (manager) => {
    const newPrivileges = await manager.query<{ name: string }[]>(
      `INSERT INTO privilege (name, description) SELECT * FROM unnest($1::text[], $2::text[])
       ON CONFLICT (name) WHERE deleted_at IS NULL DO NOTHING RETURNING name`,
      [declared.map(({ name }) => name), declared.map(({ description }) => description)],
    );
    await manager.query(
      `UPDATE privilege p SET description = d.description FROM unnest($1::text[], $2::text[]) AS d (name, description)
       WHERE p.name = d.name AND p.deleted_at IS NULL AND p.description IS DISTINCT FROM d.description`,
      [declared.map(({ name }) => name), declared.map(({ description }) => description)],
    );
    const newRoles = await manager.query<{ name: string }[]>(
      `INSERT INTO role (name, name_key, description) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
       ON CONFLICT (name_key) WHERE deleted_at IS NULL DO NOTHING RETURNING name`,
      [
        ROLES.map(({ name }) => name),
        ROLES.map(({ name }) => canonicalName(name)),
        ROLES.map(({ description }) => description),
      ],
    );
    const isNew = (rows: { name: string }[], name: string) => rows.some((row) => row.name === name);
    const grants = ROLES.flatMap((role) =>
      role.grants
        .filter((privilege) => isNew(newRoles, role.name) || isNew(newPrivileges, privilege))
        .map((privilege) => ({ role: role.name, privilege })),
    );
    if (grants.length === 0) return;
    await manager.query(
      `INSERT INTO role_privilege (role_id, privilege_id)
       SELECT r.id, p.id FROM unnest($1::text[], $2::text[]) AS g (role, privilege)
       JOIN role r ON r.name = g.role AND r.deleted_at IS NULL
       JOIN privilege p ON p.name = g.privilege AND p.deleted_at IS NULL
       ON CONFLICT (role_id, privilege_id) WHERE deleted_at IS NULL DO NOTHING`,
      [grants.map(({ role }) => role), grants.map(({ privilege }) => privilege)],
    );
  });
}

import { randomBytes } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { type AuditRecord, detailsOf } from '../src/platform/audit/audit-log.js';
import { SYSTEM } from '../src/platform/database/transactions.js';
import { ProductConfig } from '../src/platform/product/product.config.js';
import { PasswordsConfig } from '../src/auth/passwords/passwords.config.js';
import { PasswordPolicy } from '../src/auth/passwords/password-policy.js';
import { type Config, ConfigurationError } from '../src/platform/config/config.js';
import { AdministratorConfig } from '../src/apps/administrator.config.js';
import { ProcessConfig } from '../src/platform/config/process.config.js';
import { violatedConstraint } from '../src/platform/database/constraint-violation.js';
import { canonicalEmail } from '../src/common/canonical-contact.js';
import { ValidationFailed } from '../src/platform/http/http.errors.js';
import type { FieldError } from '../src/platform/http/validation.pipe.js';
import { PasswordHasher } from '../src/platform/security/password-hasher.js';
import { SUPER_ADMIN } from '../src/roles/system-roles.js';

/** How the first administrator gets in, told once, by the start that made the account; or why there is none yet. */
export type FirstAdministrator = { readonly email: string } & (
  | { readonly with: 'configured password' }
  | { readonly with: 'generated password'; readonly password: string }
  | { readonly with: 'no password yet'; readonly userId: number }
  | { readonly with: 'address of another user' }
);

/**
 * Makes the first SuperAdmin when there is none and never was. The password is ADMIN_PASSWORD; without it,
 * development gets a random one and production none, so that no password of ours is ever in a production database and no
 * secret in its log: an operator asks for a link to set one with (`user reset-password`). Null when there is nothing to do.
 */
export async function seedFirstAdministrator(
  dataSource: DataSource,
  config: Config,
  actor: AuditRecord['actor'] = SYSTEM,
): Promise<FirstAdministrator | null> {
  const { email, password } = config.get(AdministratorConfig);
  if (email === null || (await hasSuperAdmin(dataSource.manager))) return null;
  const address = canonicalEmail(email);
  if (password !== null) assertAcceptable(password, address, config);
  const production = config.get(ProcessConfig).environment === 'production';
  const chosen = password ?? (production ? null : randomBytes(15).toString('base64url'));
  const hash = chosen === null ? PasswordHasher.UNUSABLE : await PasswordHasher.of(config).hash(chosen);

  return unlessTaken(address, () =>
    dataSource.transaction(async (manager) => {
      // Two starters at once: the second waits here and then finds the first one's administrator.
      await manager.query('SELECT id FROM role WHERE name = $1 AND deleted_at IS NULL FOR NO KEY UPDATE', [
        SUPER_ADMIN,
      ]);
      if (await hasSuperAdmin(manager)) return null;
      const [user] = await manager.query<[{ id: number }]>(
        `INSERT INTO "user" (first_name, role_id)
       SELECT 'Administrator', id FROM role WHERE name = $1 AND deleted_at IS NULL RETURNING id`,
        [SUPER_ADMIN],
      );
      await manager.query(
        `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary)
       VALUES ($1, 'email', $2, true, true)`,
        [user.id, address],
      );
      await manager.query('INSERT INTO user_auth (user_id, password_hash) VALUES ($1, $2)', [user.id, hash]);
      await manager.query(
        `INSERT INTO audit_log (action, subject_type, subject_id, outcome, details)
         VALUES ('user.bootstrapped', 'user', $1, 'success', $2)`,
        [String(user.id), JSON.stringify(detailsOf({ actor }))],
      );
      if (password !== null) return { email: address, with: 'configured password' };
      if (chosen !== null) return { email: address, with: 'generated password', password: chosen };
      return { email: address, with: 'no password yet', userId: user.id };
    }),
  );
}

/** Nobody is made administrator because somebody set their address, and no start fails for it. */
async function unlessTaken(
  email: string,
  make: () => Promise<FirstAdministrator | null>,
): Promise<FirstAdministrator | null> {
  try {
    return await make();
  } catch (error) {
    if (violatedConstraint(error) !== 'ux_user_identity_value') throw error;
    return { email, with: 'address of another user' };
  }
}

/** @throws ConfigurationError */
function assertAcceptable(password: string, email: string, config: Config): void {
  try {
    new PasswordPolicy(config.get(PasswordsConfig), config.get(ProductConfig)).assertAcceptable(password, [
      email,
    ]);
  } catch (error) {
    if (!(error instanceof ValidationFailed)) throw error;
    const [fault] = error.members.errors as [FieldError];
    throw new ConfigurationError(new Map([['ADMIN_PASSWORD', fault.message.replace('newPassword ', '')]]));
  }
}

/** Deleted ones count: the bootstrap is for a new installation, not a way back in. */
export async function hasSuperAdmin(manager: Pick<EntityManager, 'query'>): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    'SELECT 1 FROM "user" u JOIN role r ON r.id = u.role_id WHERE r.name = $1 LIMIT 1',
    [SUPER_ADMIN],
  );
  return rows.length > 0;
}

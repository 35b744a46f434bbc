import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/transactions.js';
import { EffectivePrivileges } from '../roles/effective-privileges.service.js';
import { UsersRepository } from './users.repository.js';

/** A user who may act now, with what they may do at this moment. */
export interface Principal {
  readonly userId: number;
  readonly roleId: number;
  readonly privileges: ReadonlySet<string>;
}

@Injectable()
export class PrincipalsService {
  constructor(
    private readonly users: UsersRepository,
    private readonly privileges: EffectivePrivileges,
  ) {}

  /** Read fresh on every call. Null for a user who is unknown, deleted or disabled. */
  async find(userId: number, tx?: Transaction): Promise<Principal | null> {
    const row = await this.users.findPrincipal(userId, tx);
    if (!row) return null;
    return {
      userId: row.userId,
      roleId: row.roleId,
      privileges: await this.privileges.of(row.roleId, row.roleVersion, tx),
    };
  }

  /** Whether each user holds each privilege; false for users who may not act. In the order of `checks`. */
  async check(checks: readonly { userId: number; privilege: string }[]): Promise<boolean[]> {
    const principals = new Map<number, Principal | null>();
    for (const { userId } of checks) {
      if (!principals.has(userId)) principals.set(userId, await this.find(userId));
    }
    return checks.map(({ userId, privilege }) => principals.get(userId)?.privileges.has(privilege) ?? false);
  }
}

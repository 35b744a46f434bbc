import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/transactions.js';
import { EffectivePrivilegesService } from '../roles/effective-privileges.service.js';
import { UsersRepository } from './users.repository.js';

/** Who may act, and what they may do, read fresh on every call. */
@Injectable()
export class PrincipalsService {
  constructor(
    private readonly users: UsersRepository,
    private readonly privileges: EffectivePrivilegesService,
  ) {}

  /** False for a user who is unknown, deleted or disabled. */
  mayAct(tx: Transaction, userId: number): Promise<boolean> {
    return this.users.mayAct(tx, userId);
  }

  /** Whether each user holds each privilege; false for users who may not act. In the order of `checks`. */
  async check(checks: readonly { userId: number; privilege: string }[]): Promise<boolean[]> {
    const held = new Map<number, ReadonlySet<string>>();
    for (const { userId } of checks) {
      if (!held.has(userId)) held.set(userId, await this.privilegesOf(userId));
    }
    return checks.map(({ userId, privilege }) => held.get(userId)?.has(privilege) ?? false);
  }

  private async privilegesOf(userId: number): Promise<ReadonlySet<string>> {
    const principal = await this.users.findPrincipal(userId);
    return principal ? this.privileges.of(principal.roleId, principal.roleVersion) : new Set();
  }
}

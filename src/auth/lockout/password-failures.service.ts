import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditLog, type AuditRecord } from '../../platform/audit/audit-log.js';
import { HttpConfig } from '../../platform/http/http.config.js';
import { lockedByPassword } from '../../platform/metrics/lockouts.js';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import { PAGE_PATHS } from '../credentials/page-paths.js';
import { UserDirectory } from '../directory/user-directory.js';

/** Records wrong passwords. */
@Injectable()
export class PasswordFailuresService {
  constructor(
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    private readonly directory: UserDirectory,
    private readonly http: HttpConfig,
  ) {}

  /**
   * `hasLocked`: the account is locked from now on, which its owner is told, with the way in that is left, and nobody else.
   */
  async record(
    action: 'auth.login' | 'auth.password_change',
    userId: number | null,
    hasLocked: boolean,
    actor: AuditRecord['actor'] = SYSTEM,
  ): Promise<void> {
    const subject = userId === null ? undefined : { type: 'user', id: userId };
    if (userId !== null && hasLocked) lockedByPassword.inc();
    await this.transactions.run(SYSTEM, async (tx) => {
      await this.audit.record(tx, { actor, action, outcome: 'failure', subject });
      if (userId === null || !hasLocked) return;
      await this.audit.record(tx, { actor: SYSTEM, action: 'auth.locked', subject });
      const link = `${this.http.publicBaseUrl}/${PAGE_PATHS.forgot}`;
      const notice = { kind: 'account_locked', link } as const;
      await this.directory.notify(tx, { commandId: randomUUID(), userId, notice });
    });
  }
}

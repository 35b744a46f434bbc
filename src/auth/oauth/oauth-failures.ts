import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../platform/audit/audit-log.js';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';

/** Records sign-ins through providers that came to nothing. */
@Injectable()
export class OAuthFailures {
  constructor(
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  /** `reason` is the code of an error. */
  async record(provider: string, reason: string, userId: number | null): Promise<void> {
    await this.transactions.run(SYSTEM, (tx) =>
      this.audit.record(tx, {
        actor: SYSTEM,
        action: 'auth.oauth_login',
        outcome: 'failure',
        ...(userId !== null && { subject: { type: 'user', id: userId } }),
        details: { provider, reason },
      }),
    );
  }
}

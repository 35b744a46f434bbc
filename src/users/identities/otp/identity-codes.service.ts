import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import type { Contact } from '../../../messages/contact.js';
import { SendBudget } from '../../../messages/send-budget.service.js';
import { AuditLog } from '../../../platform/audit/audit-log.js';
import { SYSTEM, type Transaction, Transactions } from '../../../platform/database/transactions.js';
import { Jobs } from '../../../platform/jobs/jobs.js';
import { type CodePurpose, type CodeRequest, SEND_CODE } from './code-sender.js';
import { IdentityChallenges } from './identity-challenges.js';
import type { ChallengedIdentity } from './otp.repository.js';

/** What is refused is answered no sooner: a wrong code is a row more to write than an unknown one. Milliseconds. */
const REFUSED_AFTER = 25;

/** A code as somebody presents it. */
export interface PresentedCode {
  readonly challengeId: string;
  readonly purpose: CodePurpose;
  readonly code: string;
}

/** One-time codes of identities: asked for and presented. */
@Injectable()
export class IdentityCodes {
  constructor(
    private readonly challenges: IdentityChallenges,
    private readonly budget: SendBudget,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    private readonly jobs: Jobs,
  ) {}

  newChallenge(): string {
    return this.challenges.newChallenge();
  }

  /** Has a code sent once `tx` has committed, if there is anybody to send one to. */
  request(tx: Transaction, request: CodeRequest): Promise<void> {
    return this.jobs.enqueue(tx, SEND_CODE, request);
  }

  /** The destination was proved: what is sent to it next need not wait. */
  clearSpacing(tx: Transaction, destination: Contact): Promise<void> {
    return this.budget.clearSpacing(tx, destination);
  }

  /**
   * Counts, compares and uses the code up, and does in the same transaction what it is good for. Null when it is not
   * good, whatever the reason. `isMeant` narrows it to some identities.
   */
  async prove<T>(
    { challengeId, purpose, code }: PresentedCode,
    then: (tx: Transaction, identity: ChallengedIdentity) => Promise<T>,
    isMeant: (identity: ChallengedIdentity) => boolean = () => true,
  ): Promise<T | null> {
    const refusedAt = performance.now() + REFUSED_AFTER;
    const challenge = await this.challenges.find(challengeId, purpose, isMeant);
    const { identity } = challenge;
    const attempt = await this.challenges.begin(challenge);
    const result = await this.transactions.run(SYSTEM, async (tx) => {
      const verdict = await this.challenges.guess(tx, challenge, attempt, code);
      if (identity && verdict === 'right') {
        await this.clearSpacing(tx, identity);
        return { value: await then(tx, identity) };
      }
      // Not thrown: the count has to be kept.
      await this.audit.record(tx, {
        actor: SYSTEM,
        action: verdict === 'locks' ? 'otp.locked' : 'otp.failed',
        outcome: 'failure',
        subject: identity ? { type: 'user', id: identity.userId } : undefined,
        details: { purpose },
      });
      return null;
    });
    if (!result) {
      await delay(Math.max(0, refusedAt - performance.now()));
      return null;
    }
    await this.challenges.succeeded(attempt, challenge);
    return result.value;
  }
}

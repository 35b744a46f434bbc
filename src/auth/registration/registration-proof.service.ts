import { Injectable } from '@nestjs/common';
import { IdentityTaken } from '../../users/identities/identity.errors.js';
import { AuditLog } from '../../platform/audit/audit-log.js';
import { SYSTEM, type Transaction, Transactions } from '../../platform/database/transactions.js';
import { type CodeAttempt, OneTimeCodes } from '../../platform/otp/one-time-codes.js';
import { NewPasswords } from '../passwords/new-passwords.service.js';
import { UserDirectory } from '../directory/user-directory.js';
import { REGISTRATION } from './registration-mail.js';
import {
  type PendingRegistration,
  REGISTRATION_CODES,
  RegistrationRepository,
} from './registration.repository.js';

/** Makes accounts of registrations whose address was proved. */
@Injectable()
export class RegistrationProof {
  constructor(
    private readonly registrations: RegistrationRepository,
    private readonly codes: OneTimeCodes,
    private readonly directory: UserDirectory,
    private readonly passwords: NewPasswords,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  /** Whether the code was good; null when the challenge is of no registration. */
  async prove(challengeId: string, code: string): Promise<boolean | null> {
    const registration = await this.registrations.findByChallenge(challengeId);
    if (!registration) return null;
    const of = {
      table: REGISTRATION_CODES,
      id: registration.id,
      challenge: challengeId,
      purpose: REGISTRATION,
    } as const;
    // By itself: three tries, and as many registrations as the budget of the address has codes. Nobody pauses another's.
    const attempt = await this.codes.begin(of, challengeId);
    const isProved = await this.transactions
      .run(SYSTEM, (tx) => this.attempt(tx, registration, attempt, code))
      .catch(async (error: unknown) => {
        // The address has an owner: from before, or since a moment ago. The index has decided.
        if (!(error instanceof IdentityTaken)) throw error;
        await this.transactions.run(SYSTEM, (tx) => this.recordFailure(tx, 'otp.failed'));
        return false;
      });
    if (isProved) await this.codes.succeeded(attempt, challengeId);
    return isProved;
  }

  private async attempt(
    tx: Transaction,
    registration: PendingRegistration,
    attempt: CodeAttempt,
    code: string,
  ): Promise<boolean> {
    const verdict = await this.codes.verify(tx, attempt, code);
    if (verdict === 'right') {
      await this.complete(tx, registration);
      return true;
    }
    // Not thrown: the count has to be kept.
    await this.recordFailure(tx, verdict === 'locks' ? 'otp.locked' : 'otp.failed');
    return false;
  }

  private recordFailure(tx: Transaction, action: 'otp.failed' | 'otp.locked'): Promise<void> {
    return this.audit.record(tx, {
      actor: SYSTEM,
      action,
      outcome: 'failure',
      details: { purpose: REGISTRATION },
    });
  }

  /**
   * A new user; or the user who was invited by this address and has not come yet. Whatever anybody has set up for the
   * latter before the address was proved ends: its owner sets the password (pre-hijacking).
   */
  private async complete(tx: Transaction, registration: PendingRegistration): Promise<void> {
    const { id, contact, firstName, lastName, language, passwordHash } = registration;
    await this.registrations.remove(tx, id);
    const userId =
      (await this.directory.proveInvited(tx, contact)) ??
      (await this.directory.register(tx, { firstName, lastName, language, contact }));
    await this.passwords.storeFirst(tx, userId, passwordHash);
    await this.directory.clearSpacing(tx, contact);
  }
}

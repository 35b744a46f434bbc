import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SendBudgetService } from '../../messages/send-budget.service.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { CodeProof } from '../../platform/otp/code-proof.js';
import { IdentityTaken } from '../../users/identities/identity.errors.js';
import { UserDirectory } from '../directory/user-directory.js';
import { NewPasswordsService } from '../passwords/new-passwords.service.js';
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
    private readonly proof: CodeProof,
    private readonly directory: UserDirectory,
    private readonly passwords: NewPasswordsService,
    private readonly budget: SendBudgetService,
  ) {}

  /** False when the challenge is of no registration. @throws InvalidCode */
  async prove(challenge: string, code: string): Promise<boolean> {
    const registration = await this.registrations.findByChallenge(challenge);
    if (!registration) return false;
    const challenged = {
      of: { table: REGISTRATION_CODES, id: registration.id, challenge, purpose: REGISTRATION },
      holder: registration,
      // By itself: three tries, and as many registrations as the budget of the address has codes. Nobody pauses another's.
      subject: challenge,
      // The address has an owner: from before, or since a moment ago. The index has decided.
      refusedBy: IdentityTaken,
    };
    await this.proof.prove(challenged, code, (tx) => this.complete(tx, registration));
    return true;
  }

  /**
   * A new user; or the user who was invited by this address and has not come yet. Whatever anybody has set up for the
   * latter before the address was proved ends: its owner sets the password (pre-hijacking).
   */
  private async complete(tx: Transaction, registration: PendingRegistration): Promise<void> {
    const { id, contact, firstName, lastName, language, passwordHash } = registration;
    await this.registrations.remove(tx, id);
    const userId =
      (await this.directory.proveInvited(tx, { commandId: randomUUID(), contact })) ??
      (await this.directory.register(tx, {
        commandId: randomUUID(),
        firstName,
        lastName,
        language,
        contact,
      }));
    await this.passwords.storeFirst(tx, userId, passwordHash);
    await this.budget.clearSpacing(tx, contact);
  }
}

import { Injectable } from '@nestjs/common';
import type { Asker } from '../../messages/send-budget.service.js';
import { UsersConfig } from '../../users/users.config.js';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { Challenges } from '../../platform/otp/challenges.js';
import { RegistrationDisabled } from '../../users/user.errors.js';
import { NewPasswordsService } from '../passwords/new-passwords.service.js';
import { SEND_REGISTRATION_CODE } from './registration-mail.js';
import { type NewRegistration, RegistrationRepository } from './registration.repository.js';

export type RegistrationRequest = Omit<NewRegistration, 'challengeId' | 'passwordHash'> & {
  readonly password: string;
};

/** Takes requests for accounts. Whose address it is, is found out later, where nobody waits for it. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly registrations: RegistrationRepository,
    private readonly passwords: NewPasswordsService,
    private readonly jobs: Jobs,
    private readonly transactions: Transactions,
    private readonly challenges: Challenges,
    private readonly config: UsersConfig,
  ) {}

  /**
   * Keeps what was asked for until the address is proved, and answers the challenge. The same steps for every address.
   * @throws RegistrationDisabled, ValidationFailed, Overloaded
   */
  async request({ password, ...wanted }: RegistrationRequest, asker: Asker): Promise<string> {
    if (!this.config.registrationEnabled) throw new RegistrationDisabled();
    const { firstName, lastName, contact } = wanted;
    const words = [firstName, lastName ?? '', contact.value];
    const passwordHash = await this.passwords.prepareFor(words, password);
    const challengeId = this.challenges.issue();
    await this.transactions.run(SYSTEM, async (tx) => {
      const registrationId = await this.registrations.insert(tx, { ...wanted, challengeId, passwordHash });
      const requestedAt = new Date().toISOString();
      await this.jobs.enqueue(tx, SEND_REGISTRATION_CODE, { registrationId, requestedAt, asker });
    });
    return challengeId;
  }
}

import { Injectable } from '@nestjs/common';
import { contactOf } from '../../messages/contact.js';
import { InvalidCode } from '../../platform/otp/otp.errors.js';
import type { Asker } from '../../messages/send-budget.service.js';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { Challenges } from '../../platform/otp/challenges.js';
import { AddressLimitService } from '../lockout/address-limit.service.js';
import { UserDirectory } from '../directory/user-directory.js';
import type { SignInMethod, SignInProof } from './sign-in-method.js';

export interface CodeInput {
  readonly challengeId: string;
  readonly code: string;
}

/** Sign-in with a one-time code in place of the password. */
@Injectable()
export class OtpSignIn implements SignInMethod<CodeInput> {
  readonly name = 'otp';

  constructor(
    private readonly directory: UserDirectory,
    private readonly addresses: AddressLimitService,
    private readonly credentials: CredentialsRepository,
    private readonly transactions: Transactions,
    private readonly challenges: Challenges,
  ) {}

  /** Answers a challenge. Whether anybody is meant is found out later: here nothing is looked up. */
  async request(identifier: string, asker: Asker): Promise<string> {
    const challengeId = this.challenges.issue();
    // What is no contact is nobody's: it takes the same way and is found nowhere.
    const contact = contactOf(identifier) ?? { type: 'email' as const, value: identifier };
    await this.transactions.run(SYSTEM, (tx) =>
      this.directory.requestSignInCode(tx, contact, challengeId, asker),
    );
    return challengeId;
  }

  /**
   * A lock for wrong passwords is no obstacle: the code proves more. Whoever is disabled or deleted meanwhile is refused.
   * @throws InvalidCode, TooManyAttempts
   */
  async prove({ challengeId, code }: CodeInput): Promise<SignInProof> {
    const attempt = await this.addresses.beginCode(challengeId);
    const proved = await this.directory.proveSignInCode(challengeId, code);
    const { userId, identityId } = proved;
    return {
      userId,
      identityId,
      method: 'otp',
      amr: ['otp'],
      note: (tx) => this.credentials.noteOtherLogin(tx, userId),
      accepted: () => this.addresses.giveBack(attempt),
      refused: () => new InvalidCode(),
    };
  }
}

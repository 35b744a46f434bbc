import { Injectable } from '@nestjs/common';
import { UsersConfig } from '../../users/users.config.js';
import { AddressLimitService } from '../lockout/address-limit.service.js';
import { UserDirectory } from '../directory/user-directory.js';
import { RegistrationProof } from './registration-proof.js';

/** Takes codes that prove an address, whatever it is proved for. */
@Injectable()
export class CodeVerification {
  constructor(
    private readonly addresses: AddressLimitService,
    private readonly registrations: RegistrationProof,
    private readonly directory: UserDirectory,
    private readonly config: UsersConfig,
  ) {}

  /** While registration is switched off, codes of registrations are none. @throws InvalidCode, TooManyAttempts */
  async verify(challengeId: string, code: string): Promise<void> {
    const attempt = await this.addresses.beginCode(challengeId);
    const isOfRegistration =
      this.config.registrationEnabled && (await this.registrations.prove(challengeId, code));
    if (!isOfRegistration) await this.directory.proveContact(challengeId, code);
    await this.addresses.giveBack(attempt);
  }
}

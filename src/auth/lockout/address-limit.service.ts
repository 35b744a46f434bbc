import { Injectable } from '@nestjs/common';
import { LockoutConfig } from './lockout.config.js';
import { networkOf } from '../../platform/http/client-address.js';
import { currentRequest } from '../../platform/http/request-context.js';
import { Challenges } from '../../platform/otp/challenges.js';
import { ThrottleRepository, type ThrottleRule } from '../../platform/throttle/throttle.repository.js';
import { TooManyAttempts } from './lockout.errors.js';

/** An attempt that has been counted. */
export interface AddressAttempt {
  readonly rule: ThrottleRule;
  readonly address: string;
}

/**
 * Counts what one address gets wrong, over all accounts and every way to sign in. Many people may share an address, so
 * that passwords, codes and codes for challenges that we never issued, which anybody can make up, count apart: what
 * somebody does with the one keeps nobody from the others.
 */
@Injectable()
export class AddressLimitService {
  private readonly passwords: ThrottleRule;
  private readonly codes: ThrottleRule;
  private readonly madeUpCodes: ThrottleRule;

  constructor(
    private readonly throttle: ThrottleRepository,
    private readonly challenges: Challenges,
    config: LockoutConfig,
  ) {
    const rule = { limit: config.addressLimit, window: 600, lock: 600 };
    this.passwords = { name: 'address', ...rule };
    this.codes = { name: 'address, codes', ...rule };
    this.madeUpCodes = { name: 'address, made-up codes', ...rule };
  }

  /** Counts a password before it is compared. @throws TooManyAttempts when the address has failed too often */
  beginPassword(): Promise<AddressAttempt> {
    return this.begin(this.passwords);
  }

  /** Counts a code before it is compared. @throws TooManyAttempts when the address has failed too often */
  beginCode(challengeId: string): Promise<AddressAttempt> {
    return this.begin(this.challenges.isIssued(challengeId) ? this.codes : this.madeUpCodes);
  }

  /** The attempt was good, or nothing was compared: it does not count. */
  async giveBack({ rule, address }: AddressAttempt): Promise<void> {
    await this.throttle.giveBack(rule, address);
  }

  private async begin(rule: ThrottleRule): Promise<AddressAttempt> {
    const address = networkOf(currentRequest()?.ip ?? '');
    if (await this.throttle.reserve(rule, address)) return { rule, address };
    throw TooManyAttempts.after(await this.throttle.lockedFor(rule, address));
  }
}

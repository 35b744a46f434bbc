import { Injectable } from '@nestjs/common';
import { Config } from '../../platform/config/config.js';
import { networkOf } from '../../platform/http/client-address.js';
import { currentRequest } from '../../platform/http/request-context.js';
import { ThrottleRepository, type ThrottleRule } from '../../platform/throttle/throttle.repository.js';
import { TooManyAttempts } from '../auth.errors.js';

/** Counts what one address gets wrong, over all accounts and every way to sign in. */
@Injectable()
export class AddressLimit {
  private readonly rule: ThrottleRule;

  constructor(
    private readonly throttle: ThrottleRepository,
    config: Config,
  ) {
    this.rule = { name: 'address', limit: config.lockout.addressLimit, window: 600, lock: 600 };
  }

  /** Counts an attempt before it is made. Answers the address. @throws TooManyAttempts when it has failed too often */
  async begin(): Promise<string> {
    const address = networkOf(currentRequest()?.ip ?? '');
    if (await this.throttle.reserve(this.rule, address)) return address;
    throw TooManyAttempts.after(await this.throttle.lockedFor(this.rule, address));
  }

  /** The attempt was good: it does not count. */
  async succeeded(address: string): Promise<void> {
    await this.throttle.giveBack(this.rule, address);
  }
}

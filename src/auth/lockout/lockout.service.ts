import { Injectable } from '@nestjs/common';
import { Config } from '../../platform/config/config.js';
import { TooManyAttempts } from '../auth.errors.js';
import { CredentialsRepository, type ReservedAttempt } from '../credentials/credentials.repository.js';
import { AddressLimit } from './address-limit.js';
import { KnownDevices } from './known-devices.js';
import { ThrottleRepository, type ThrottleRule } from '../../platform/throttle/throttle.repository.js';

/** One device that has signed in before may be wrong this often; then it counts as a stranger. */
const KNOWN_DEVICE: ThrottleRule = { name: 'device', limit: 10, window: 900, lock: 900 };

/** A password attempt that has been counted. */
export interface Attempt {
  /** What to compare with; null when nothing may be compared. */
  readonly passwordHash: string | null;
  /** The account is locked for strangers from now on, unless this attempt is right. */
  readonly isLast: boolean;
  readonly address: string;
}

/**
 * Counts attempts before passwords are compared (never after: of many at once each would find the old count).
 *
 * - by address, over all accounts: too many failures are answered 429;
 * - by account: a lock on `user_auth`, growing, that ends by itself. It is for strangers: a device that has signed in
 *   before has a count of its own, live sessions go on, and a password reset ends it.
 */
@Injectable()
export class LockoutService {
  constructor(
    private readonly addresses: AddressLimit,
    private readonly throttle: ThrottleRepository,
    private readonly credentials: CredentialsRepository,
    private readonly devices: KnownDevices,
    private readonly config: Config,
  ) {}

  /** @throws TooManyAttempts when the address has failed too often */
  async begin(userId: number | null, cookies: string | undefined): Promise<Attempt> {
    const address = await this.addresses.begin();
    const device = this.devices.recognise(cookies, userId);
    if (userId !== null && device !== null && (await this.throttle.reserve(KNOWN_DEVICE, device))) {
      return { passwordHash: await this.credentials.findPasswordHash(userId), isLast: false, address };
    }
    const reserved = await this.credentials.reserveAttempt(userId ?? 0, this.config.lockout);
    return { passwordHash: reserved?.passwordHash ?? null, isLast: reserved?.isLast ?? false, address };
  }

  /** The account's own count was forgotten when the sign-in was noted. */
  async succeeded({ address }: Attempt): Promise<void> {
    await this.addresses.succeeded(address);
  }

  /** An attempt of somebody signed in, on their own account. @throws TooManyAttempts */
  async beginOwn(userId: number): Promise<ReservedAttempt> {
    const attempt = await this.credentials.reserveAttempt(userId, this.config.lockout);
    if (!attempt) throw TooManyAttempts.after(await this.credentials.lockedFor(userId));
    return attempt;
  }

  /** The password was right. */
  async forgive(userId: number): Promise<void> {
    await this.credentials.forgetFailures(userId);
  }
}

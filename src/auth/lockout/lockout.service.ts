import { Injectable } from '@nestjs/common';
import type { RequestCookies } from '../../platform/http/cookies.js';
import { LockoutConfig } from './lockout.config.js';
import { ThrottleRepository, type ThrottleRule } from '../../platform/throttle/throttle.repository.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { type AddressAttempt, AddressLimitService } from './address-limit.service.js';
import { KnownDevicesService } from './known-devices.service.js';

const QUARTER = { window: 900, lock: 900 };
/** One device that has signed in before may be wrong this often; then it counts as a stranger. */
const KNOWN_DEVICE: ThrottleRule = { name: 'device', limit: 10, ...QUARTER };
/** All known devices of one user together. */
const DEVICES_OF_USER: ThrottleRule = { name: 'devices of user', limit: 30, ...QUARTER };

/** A password attempt that has been counted. */
export interface Attempt {
  /** What to compare with; null when nothing may be compared. */
  readonly passwordHash: string | null;
  /** The account is locked for strangers from now on, unless this attempt is right. */
  readonly isLast: boolean;
  /** What it was counted by: the known device it came from, or the address of a stranger. */
  readonly by: { readonly device: string } | AddressAttempt;
}

/**
 * Counts attempts before passwords are compared (never after: of many at once each would find the old count).
 *
 * - a device that has signed in before has a count of its own, and the known devices of one user have one together. It is
 *   looked at first: whatever strangers do to the account, or behind the same address, the owner gets in there;
 * - by address, over all accounts: too many failures of strangers are answered 429;
 * - by account: a lock on `user_auth`, growing, that ends by itself. It is for strangers: live sessions go on, and a
 *   password reset ends it.
 */
@Injectable()
export class LockoutService {
  constructor(
    private readonly addresses: AddressLimitService,
    private readonly throttle: ThrottleRepository,
    private readonly credentials: CredentialsRepository,
    private readonly devices: KnownDevicesService,
    private readonly config: LockoutConfig,
  ) {}

  /** @throws TooManyAttempts when it comes from no known device and the address has failed too often */
  async begin(userId: number | null, cookies: RequestCookies): Promise<Attempt> {
    // Read for everybody, so that nobody is answered sooner.
    const stored = await this.credentials.findPassword(userId ?? 0);
    const device =
      stored && userId !== null
        ? this.devices.recognise(cookies, { userId, credentialVersion: stored.credentialVersion })
        : null;
    if (stored && userId !== null && device !== null && (await this.admit(userId, device))) {
      return { passwordHash: stored.passwordHash, isLast: false, by: { device } };
    }
    const by = await this.addresses.beginPassword();
    const reserved = await this.credentials.reserveAttempt(userId ?? 0, this.config);
    return { passwordHash: reserved?.passwordHash ?? null, isLast: reserved?.isLast ?? false, by };
  }

  /** The account's own count was forgotten when the sign-in was noted. */
  async succeeded(userId: number, { by }: Attempt): Promise<void> {
    if (!('device' in by)) return this.addresses.giveBack(by);
    await this.throttle.forget(KNOWN_DEVICE, by.device);
    await this.throttle.giveBack(DEVICES_OF_USER, String(userId));
  }

  /** The password was not compared: the attempt does not count. */
  async giveBack(userId: number | null, { by, passwordHash }: Attempt): Promise<void> {
    if ('device' in by) {
      await this.throttle.giveBack(KNOWN_DEVICE, by.device);
      return this.throttle.giveBack(DEVICES_OF_USER, String(userId));
    }
    await this.addresses.giveBack(by);
    // Of a locked account nothing was counted.
    const countedFor = passwordHash === null ? null : userId;
    await this.credentials.giveBackAttempt(countedFor ?? 0, this.config);
  }

  private async admit(userId: number, device: string): Promise<boolean> {
    const isKnown = await this.throttle.reserve(KNOWN_DEVICE, device);
    return isKnown && (await this.throttle.reserve(DEVICES_OF_USER, String(userId)));
  }
}

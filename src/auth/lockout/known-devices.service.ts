import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Secrets } from '../../platform/config/secrets.config.js';
import type { NewCookie, RequestCookies } from '../../platform/http/cookies.js';
import { LockoutConfig } from './lockout.config.js';
import { deriveKey } from '../../platform/security/secret-box.js';

const NAME = '__Host-gatehouse-device';
/** The user, the device, and what proves that we have said so. */
const VALUE = /^([0-9]{1,10})\.([\w-]{22})\.([\w-]{43})$/;
/** 180 days, in seconds. */
const MAX_AGE = 15_552_000;

/** Whose device it is: it is known for as long as the password is the one it was known under. */
export interface DeviceOwner {
  readonly userId: number;
  readonly credentialVersion: number;
}

/**
 * Tells a device that has signed in before from strangers (OWASP, device cookies): a stranger who knows only the
 * identifier can pause password sign-in for strangers, not for the owner's own devices. The cookie signs in nobody, and
 * ends with the password: a new one is set when somebody may know the old one, on a device of their own.
 */
@Injectable()
export class KnownDevicesService {
  private readonly secret: Buffer;
  private readonly attributes: NewCookie[2];

  constructor(secrets: Secrets, config: LockoutConfig) {
    this.secret = deriveKey(secrets.APP_SECRET, 'known-device');
    // For pages of other sites: one for each of them, where browsers keep the cookies of sites apart (CHIPS).
    const isForOtherSites = config.deviceCookieSameSite === 'none';
    this.attributes = {
      maxAge: MAX_AGE,
      path: '/',
      secure: true,
      httpOnly: true,
      ...(isForOtherSites ? { sameSite: 'none', partitioned: true } : { sameSite: 'strict' }),
    };
  }

  /** The cookie that makes this device one of the user's. */
  cookieFor(owner: DeviceOwner): NewCookie {
    const id = randomBytes(16).toString('base64url');
    const value = `${owner.userId}.${id}.${this.mac(owner, id).toString('base64url')}`;
    return [NAME, value, this.attributes];
  }

  /** Whose device the cookie says it is, which nothing vouches for yet; null when there is none. */
  claimedOwner(cookies: RequestCookies): number | null {
    const userId = Number(VALUE.exec(cookies[NAME] ?? '')?.[1]);
    return userId > 0 && userId <= 2_147_483_647 ? userId : null;
  }

  /** The id of the device if its cookie is ours, for this user and this password; null for strangers. */
  recognise(cookies: RequestCookies, owner: DeviceOwner | null): string | null {
    const [, userId, id, mac] = VALUE.exec(cookies[NAME] ?? '') ?? [];
    if (owner === null || id === undefined || mac === undefined || userId !== String(owner.userId))
      return null;
    return timingSafeEqual(Buffer.from(mac, 'base64url'), this.mac(owner, id)) ? id : null;
  }

  private mac({ userId, credentialVersion }: DeviceOwner, id: string): Buffer {
    return createHmac('sha256', this.secret).update(`${userId}.${credentialVersion}.${id}`).digest();
  }
}

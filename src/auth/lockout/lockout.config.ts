import { z } from 'zod';
import { defineSection } from '../../platform/config/section.js';
import { integer } from '../../platform/config/variables.js';

export abstract class LockoutConfig {
  /** Wrong passwords in a row that lock an account. */
  abstract readonly limit: number;
  /** Length of the first lock; each further one is twice as long, up to `max`. */
  abstract readonly base: number;
  abstract readonly max: number;
  /** Failures of one address over all accounts, in ten minutes. */
  abstract readonly addressLimit: number;
  /** From pages of which sites the cookie of known devices is sent: of ours, or of every site that may call. */
  abstract readonly deviceCookieSameSite: 'strict' | 'none';
}

export const lockoutSection = defineSection(LockoutConfig, {
  variables: {
    LOCKOUT_LIMIT: integer(3, 100).default(5),
    LOCKOUT_SECONDS: integer(1, 86_400).default(60),
    LOCKOUT_MAX_SECONDS: integer(1, 604_800).default(3600),
    ADDRESS_FAILURE_LIMIT: integer(5, 1_000_000).default(30),
    DEVICE_COOKIE_SAME_SITE: z.enum(['strict', 'none']).default('strict'),
  },
  *faults(_set, _isProduction, env) {
    if (env && env.LOCKOUT_SECONDS > env.LOCKOUT_MAX_SECONDS)
      yield ['LOCKOUT_SECONDS', 'must not be more than LOCKOUT_MAX_SECONDS, the longest pause'];
  },
  read: (env) => ({
    limit: env.LOCKOUT_LIMIT,
    base: env.LOCKOUT_SECONDS,
    max: env.LOCKOUT_MAX_SECONDS,
    addressLimit: env.ADDRESS_FAILURE_LIMIT,
    deviceCookieSameSite: env.DEVICE_COOKIE_SAME_SITE,
  }),
});

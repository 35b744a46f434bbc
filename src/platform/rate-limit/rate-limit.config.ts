import { defineSection } from '../config/section.js';
import { integer } from '../config/variables.js';

/** Requests a minute. */
export abstract class RateLimitConfig {
  /** Of one address. */
  abstract readonly requests: number;
  /** At login: of one address for one account. */
  abstract readonly login: number;
  /** Of one address, to what hashes a new password: registrations, resets and changes. */
  abstract readonly newPassword: number;
}

export const rateLimitSection = defineSection(RateLimitConfig, {
  variables: {
    RATE_LIMIT: integer(1, 1_000_000).default(300),
    LOGIN_RATE_LIMIT: integer(1, 1_000_000).default(5),
    NEW_PASSWORD_RATE_LIMIT: integer(1, 1_000_000).default(20),
  },
  read: (env) => ({
    requests: env.RATE_LIMIT,
    login: env.LOGIN_RATE_LIMIT,
    newPassword: env.NEW_PASSWORD_RATE_LIMIT,
  }),
});

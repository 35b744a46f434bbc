import { defineSection } from '../config/section.js';
import { integer } from '../config/variables.js';

/** One-time codes. */
export abstract class OtpConfig {
  abstract readonly ttl: number;
  /** Length of the lock that three wrong codes bring. */
  abstract readonly lock: number;
}

export const otpSection = defineSection(OtpConfig, {
  variables: {
    OTP_TTL: integer(60, 600).default(300),
    OTP_LOCK_SECONDS: integer(60, 86_400).default(900),
  },
  read: (env) => ({ ttl: env.OTP_TTL, lock: env.OTP_LOCK_SECONDS }),
});

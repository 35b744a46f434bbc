import { defineSection } from '../platform/config/section.js';
import { integer } from '../platform/config/variables.js';

/** How many messages are sent to whom, and how often. */
export abstract class MessagesConfig {
  /** Least time between two messages with a code to one destination. */
  abstract readonly resend: number;
  /** How long a link to set a new password is good, and the least time between two. */
  abstract readonly recoveryTtl: number;
  /** Text messages an hour, to everybody together. */
  abstract readonly smsHourlyLimit: number;
  /** Asked for by one address, in ten minutes, without being signed in. */
  abstract readonly perAddress: number;
  /** Asked for by one user, in an hour. */
  abstract readonly perUser: number;
}

export const messagesSection = defineSection(MessagesConfig, {
  variables: {
    OTP_RESEND_SECONDS: integer(0, 3600).default(60),
    RECOVERY_TTL: integer(60, 1800).default(900),
    SMS_HOURLY_LIMIT: integer(0, 1_000_000).default(500),
    ADDRESS_MESSAGE_LIMIT: integer(2, 1_000_000).default(10),
    USER_MESSAGE_LIMIT: integer(1, 1_000_000).default(100),
  },
  read: (env) => ({
    resend: env.OTP_RESEND_SECONDS,
    recoveryTtl: env.RECOVERY_TTL,
    smsHourlyLimit: env.SMS_HOURLY_LIMIT,
    perAddress: env.ADDRESS_MESSAGE_LIMIT,
    perUser: env.USER_MESSAGE_LIMIT,
  }),
});

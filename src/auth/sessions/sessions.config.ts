import { defineSection } from '../../platform/config/section.js';
import { integer } from '../../platform/config/variables.js';

export abstract class SessionsConfig {
  /** Sliding: without a refresh for this long the session ends. */
  abstract readonly idle: number;
  abstract readonly absolute: number;
  /** Live ones of one user; beyond, the oldest ends. */
  abstract readonly perUser: number;
  /** How long a used refresh token still answers its successor. */
  abstract readonly refreshGrace: number;
}

export const sessionsSection = defineSection(SessionsConfig, {
  variables: {
    SESSION_IDLE_TTL: integer(60, 31_536_000).default(604_800),
    SESSION_TTL: integer(60, 31_536_000).default(2_592_000),
    SESSIONS_PER_USER: integer(1, 10_000).default(100),
    REFRESH_GRACE: integer(0, 60).default(10),
  },
  read: (env) => ({
    idle: env.SESSION_IDLE_TTL,
    absolute: env.SESSION_TTL,
    perUser: env.SESSIONS_PER_USER,
    refreshGrace: env.REFRESH_GRACE,
  }),
});

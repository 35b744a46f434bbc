import { defineSection } from '../platform/config/section.js';
import { flag, integer } from '../platform/config/variables.js';

export abstract class UsersConfig {
  /** Whether people may make accounts of their own. */
  abstract readonly registrationEnabled: boolean;
  /** Days until what was deleted is forgotten; 0: never. */
  abstract readonly purgeAfterDays: number;
}

export const usersSection = defineSection(UsersConfig, {
  variables: {
    REGISTRATION_ENABLED: flag.optional(),
    PURGE_AFTER_DAYS: integer(0, 3650).default(30),
  },
  read: (env, { isProduction }) => ({
    registrationEnabled: env.REGISTRATION_ENABLED ?? !isProduction,
    purgeAfterDays: env.PURGE_AFTER_DAYS,
  }),
});

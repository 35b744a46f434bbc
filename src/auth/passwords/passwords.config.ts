import { defineSection } from '../../platform/config/section.js';
import { integer } from '../../platform/config/variables.js';

export abstract class PasswordsConfig {
  abstract readonly minLength: number;
  /** How long the link of an invitation is good. */
  abstract readonly invitationTtl: number;
}

export const passwordsSection = defineSection(PasswordsConfig, {
  variables: {
    PASSWORD_MIN_LENGTH: integer(8, 64).default(12),
    INVITATION_TTL: integer(300, 604_800).default(86_400),
  },
  read: (env) => ({ minLength: env.PASSWORD_MIN_LENGTH, invitationTtl: env.INVITATION_TTL }),
});

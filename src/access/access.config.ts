import { defineSection } from '../platform/config/section.js';
import { integer } from '../platform/config/variables.js';

export abstract class AccessConfig {
  /** How old a sign-in may be for what needs a recent one. */
  abstract readonly reauthenticationMaxAge: number;
}

export const accessSection = defineSection(AccessConfig, {
  variables: { REAUTHENTICATION_MAX_AGE: integer(60, 86_400).default(600) },
  read: (env) => ({ reauthenticationMaxAge: env.REAUTHENTICATION_MAX_AGE }),
});

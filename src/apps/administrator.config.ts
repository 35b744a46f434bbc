import { z } from 'zod';
import { canonicalEmail } from '../common/canonical-contact.js';
import { defineSection } from '../platform/config/section.js';
import { EXAMPLE_SECRET } from '../platform/config/variables.js';

/** The first administrator, whom the seeds make. */
export abstract class AdministratorConfig {
  /** Null: none is made. */
  abstract readonly email: string | null;
  /** Null: outside production one is made up and shown once. */
  abstract readonly password: string | null;
}

export const administratorSection = defineSection(AdministratorConfig, {
  variables: {
    ADMIN_EMAIL: z
      .string()
      .transform(canonicalEmail)
      .pipe(z.email('must be an e-mail address').max(191, 'is too long'))
      .optional(),
    ADMIN_PASSWORD: z.string().min(12, 'must have at least 12 characters').max(128).optional(),
  },
  *faults(set, isProduction) {
    if (!isProduction) return;
    if (set.ADMIN_PASSWORD && !set.ADMIN_EMAIL) yield ['ADMIN_EMAIL', 'must be set when ADMIN_PASSWORD is'];
    if (set.ADMIN_PASSWORD && EXAMPLE_SECRET.test(set.ADMIN_PASSWORD))
      yield ['ADMIN_PASSWORD', 'is an example value; choose another'];
  },
  read: (env, { isProduction }) => ({
    email: env.ADMIN_EMAIL ?? (isProduction ? null : 'admin@example.com'),
    password: env.ADMIN_PASSWORD ?? null,
  }),
});

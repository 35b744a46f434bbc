import { defineSection } from '../config/section.js';
import { redisUrl } from '../config/variables.js';

export abstract class RedisConfig {
  /** Null: what would be shared is kept in the process or in Postgres. */
  abstract readonly url: string | null;
}

export const redisSection = defineSection(RedisConfig, {
  variables: { REDIS_URL: redisUrl.optional() },
  read: (env) => ({ url: env.REDIS_URL ?? null }),
});

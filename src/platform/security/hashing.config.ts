import { z } from 'zod';
import { defineSection } from '../config/section.js';
import { integer } from '../config/variables.js';

/** How passwords are hashed. */
export abstract class HashingConfig {
  abstract readonly hasher: 'bcrypt' | 'argon2id';
  abstract readonly bcryptCost: number;
  /** How many may wait to be hashed. */
  abstract readonly queue: number;
}

export const hashingSection = defineSection(HashingConfig, {
  variables: {
    PASSWORD_HASHER: z.enum(['bcrypt', 'argon2id']).default('bcrypt'),
    BCRYPT_COST: integer(4, 16).default(12),
    HASHING_QUEUE: integer(0, 10_000).default(64),
  },
  *faults(set) {
    if (set.NODE_ENV !== 'test' && Number(set.BCRYPT_COST ?? 12) < 12)
      yield ['BCRYPT_COST', 'must be at least 12'];
  },
  read: (env) => ({ hasher: env.PASSWORD_HASHER, bcryptCost: env.BCRYPT_COST, queue: env.HASHING_QUEUE }),
});

import { z } from 'zod';
import { defineSection } from '../../platform/config/section.js';
import { integer } from '../../platform/config/variables.js';
import { HttpConfig } from '../../platform/http/http.config.js';

export abstract class TokensConfig {
  abstract readonly accessTtl: number;
  abstract readonly issuer: string;
  abstract readonly audience: string;
  abstract readonly algorithm: 'RS256' | 'ES256';
  /** 0: keys are rotated by command only. */
  abstract readonly keyRotationDays: number;
}

export const tokensSection = defineSection(TokensConfig, {
  variables: {
    ACCESS_TOKEN_TTL: integer(60, 3600).default(900),
    JWT_ALGORITHM: z.enum(['RS256', 'ES256']).default('RS256'),
    KEY_ROTATION_DAYS: integer(0, 3650).default(90),
    JWT_ISSUER: z.string().min(1).optional(),
    JWT_AUDIENCE: z.string().min(1).default('gatehouse'),
  },
  read: (env, { get }) => ({
    accessTtl: env.ACCESS_TOKEN_TTL,
    issuer: env.JWT_ISSUER ?? get(HttpConfig).publicBaseUrl,
    audience: env.JWT_AUDIENCE,
    algorithm: env.JWT_ALGORITHM,
    keyRotationDays: env.KEY_ROTATION_DAYS,
  }),
});

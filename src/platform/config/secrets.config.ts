import { ProcessConfig } from './process.config.js';
import { defineSection } from './section.js';
import { secret } from './variables.js';

/** Names of the variables that hold secrets and must be set in production. */
export const SECRET_NAMES = ['APP_SECRET', 'KEY_ENCRYPTION_SECRET', 'PASSWORD_PEPPER'] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

/** In production all are set; elsewhere missing ones are generated into the folder of development. */
export abstract class Secrets implements Readonly<Record<SecretName, string>> {
  abstract readonly APP_SECRET: string;
  abstract readonly KEY_ENCRYPTION_SECRET: string;
  abstract readonly PASSWORD_PEPPER: string;
}

export const secretsSection = defineSection(Secrets, {
  variables: {
    APP_SECRET: secret.optional(),
    KEY_ENCRYPTION_SECRET: secret.optional(),
    PASSWORD_PEPPER: secret.optional(),
  },
  *faults(set, isProduction) {
    if (!isProduction) return;
    for (const name of SECRET_NAMES) {
      if (!set[name]) yield [name, 'must be set in production; make one with: openssl rand -base64 48'];
      else if (SECRET_NAMES.some((other) => other !== name && set[other] === set[name]))
        yield [name, 'must differ from the other secrets'];
    }
  },
  read(env, { get, provideSecrets }) {
    const missing = SECRET_NAMES.filter((name) => env[name] === undefined);
    const provided = missing.length > 0 ? provideSecrets(missing, get(ProcessConfig).dataDir) : {};
    const secretOf = (name: SecretName) => env[name] ?? provided[name] ?? '';
    return {
      APP_SECRET: secretOf('APP_SECRET'),
      KEY_ENCRYPTION_SECRET: secretOf('KEY_ENCRYPTION_SECRET'),
      PASSWORD_PEPPER: secretOf('PASSWORD_PEPPER'),
    };
  },
});

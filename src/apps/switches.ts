import { OAuthConfig } from '../users/identities/oauth.config.js';
import { UsersConfig } from '../users/users.config.js';
import { BrokerConfig } from '../platform/broker/broker.config.js';
import type { Config } from '../platform/config/config.js';
import { ProcessConfig } from '../platform/config/process.config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
import { HttpConfig } from '../platform/http/http.config.js';
import { MailConfig } from '../platform/mail/mail.config.js';
import { RedisConfig } from '../platform/redis/redis.config.js';
import { SmsConfig } from '../platform/sms/sms.config.js';
import { TracingConfig } from '../platform/tracing/tracing.config.js';

/** What of a process is on and what is off, as its start tells. */
export interface Switches {
  readonly on: readonly string[];
  readonly off: readonly string[];
}

/** Names are those of the field, and never a setting's value: an address may hold a password. */
export function switchesOf(config: Config): Switches {
  const { service, isWorker } = config.get(ProcessConfig);
  const http = config.get(HttpConfig);
  const providers = config.get(OAuthConfig).providers.map(({ id }) => id);
  const all: readonly (readonly [name: string, isOn: boolean])[] = [
    ['API', service !== 'worker'],
    ['background', isWorker],
    ['migrations at start', config.get(DatabaseConfig).migrateOnStart],
    ['Redis', config.get(RedisConfig).url !== null],
    ['RabbitMQ', config.get(BrokerConfig).url !== null],
    ['mail (SMTP)', config.get(MailConfig).smtp !== null],
    ['text messages', config.get(SmsConfig).via?.provider === 'twilio'],
    ['registration', config.get(UsersConfig).registrationEnabled],
    [['sign-in through providers', ...providers].join(' '), providers.length > 0],
    ['API pages', http.docsEnabled],
    ['CORS', http.corsOrigins.length > 0],
    ['trusted proxies', http.trustProxy.length > 0],
    ['metrics', http.management !== null],
    ['traces', config.get(TracingConfig).isOn],
  ];
  const named = (isOn: boolean) => all.filter(([, value]) => value === isOn).map(([name]) => name);
  return { on: named(true), off: named(false) };
}

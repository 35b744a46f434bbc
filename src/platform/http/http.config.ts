import { isSupportedCountry } from 'libphonenumber-js/min';
import { z } from 'zod';
import type { Region } from '../../common/canonical-contact.js';
import { defineSection } from '../config/section.js';
import {
  baseUrl,
  flag,
  integer,
  isPlainHttp,
  list,
  listenAddress,
  origin,
  proxies,
} from '../config/variables.js';

/** Where the service is, and whom it answers how. */
export abstract class HttpConfig {
  abstract readonly host: string;
  abstract readonly port: number;
  /** Where metrics are shown, and probes answered besides, in a worker too; null: nowhere. Never where the API is. */
  abstract readonly management: { readonly host: string; readonly port: number } | null;
  /** Where people and clients reach the service; without a trailing slash. Links come from here only. */
  abstract readonly publicBaseUrl: string;
  abstract readonly docsEnabled: boolean;
  /** Origins of other sites whose pages may call the API. */
  abstract readonly corsOrigins: readonly string[];
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  abstract readonly trustProxy: readonly string[];
  /** Requests that are worked on at once; what comes beyond is refused. */
  abstract readonly requestsAtOnce: number;
  /** Where mobile numbers without a country code are at home; null: they need one. */
  abstract readonly defaultRegion: Region | null;
  /** Seconds a connection on which nothing is asked is kept. */
  abstract readonly keepAliveTimeout: number;
  /** Seconds the service goes on answering after it was told to stop. */
  abstract readonly shutdownDelay: number;
}

const region = z.custom<Region>(
  (value) => typeof value === 'string' && isSupportedCountry(value),
  'must be a country in two capital letters, like DE',
);

export const httpSection = defineSection(HttpConfig, {
  variables: {
    HOST: listenAddress.optional(),
    PORT: integer(0, 65_535).default(3000),
    MANAGEMENT_PORT: integer(0, 65_535).optional(),
    MANAGEMENT_HOST: listenAddress.default('127.0.0.1'),
    PUBLIC_BASE_URL: baseUrl.optional(),
    DOCS_ENABLED: flag.optional(),
    CORS_ORIGINS: list(origin).default([]),
    TRUST_PROXY: list(proxies).default([]),
    REQUESTS_AT_ONCE: integer(8, 10_000).default(300),
    DEFAULT_REGION: region.optional(),
    KEEP_ALIVE_TIMEOUT: integer(5, 3_600).default(72),
    SHUTDOWN_DELAY: integer(0, 300).optional(),
  },
  *faults(set, isProduction, env) {
    if (env && env.MANAGEMENT_PORT === env.PORT && env.PORT !== 0 && set.SERVICE !== 'worker')
      yield ['MANAGEMENT_PORT', 'must differ from PORT'];
    if (!isProduction) return;
    if (!set.PUBLIC_BASE_URL)
      yield ['PUBLIC_BASE_URL', 'must be set in production: links and the token issuer come from it'];
    else if (isPlainHttp(set.PUBLIC_BASE_URL))
      yield ['PUBLIC_BASE_URL', 'must be an https URL in production: passwords and tokens go there'];
  },
  read: (env, { isProduction }) => ({
    host: env.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    port: env.PORT,
    management:
      env.MANAGEMENT_PORT === undefined ? null : { host: env.MANAGEMENT_HOST, port: env.MANAGEMENT_PORT },
    publicBaseUrl: env.PUBLIC_BASE_URL ?? `http://localhost:${env.PORT}`,
    docsEnabled: env.DOCS_ENABLED ?? !isProduction,
    corsOrigins: env.CORS_ORIGINS,
    trustProxy: env.TRUST_PROXY,
    requestsAtOnce: env.REQUESTS_AT_ONCE,
    defaultRegion: env.DEFAULT_REGION ?? null,
    keepAliveTimeout: env.KEEP_ALIVE_TIMEOUT,
    shutdownDelay: env.SHUTDOWN_DELAY ?? (isProduction ? 5 : 0),
  }),
});

import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DataSource } from 'typeorm';
import { hasSuperAdmin } from '../../../seeds/first-administrator.js';
import { openSigningKey } from '../../auth/tokens/signing-keys.js';
import { within } from '../../common/within.js';
import { reachBroker } from '../../platform/broker/reach-broker.js';
import { BrokerConfig } from '../../platform/broker/broker.config.js';
import type { Config } from '../../platform/config/config.js';
import { ProcessConfig } from '../../platform/config/process.config.js';
import { Secrets } from '../../platform/config/secrets.config.js';
import { connect } from '../../platform/database/connect.js';
import { openConnection } from '../../platform/database/connections.js';
import { createDataSource } from '../../platform/database/data-source.js';
import { DatabaseConfig } from '../../platform/database/database.config.js';
import { isShared } from '../../platform/database/session.js';
import { HttpConfig } from '../../platform/http/http.config.js';
import type { Installation } from '../../platform/installation/installation.js';
import { readInstallation } from '../../platform/installation/installation.repository.js';
import { MailConfig } from '../../platform/mail/mail.config.js';
import { reachMailServer } from '../../platform/mail/smtp-mailer.js';
import { RedisConfig } from '../../platform/redis/redis.config.js';
import { openDatabase } from '../open-database.js';
import type { ProcessDefinition } from '../process.js';
import { missingIn } from '../until-prepared.js';
import { DatabaseFactsRepository } from './database-facts.repository.js';
import type { ContentFacts, Facts, Unknown } from './facts.js';
import { readRedisFacts } from './redis-facts.js';

/** Seconds that are waited for a connection to the database, and milliseconds for anything else. */
const CONNECT_WITHIN = 5;
const ANSWER_WITHIN = 6_000;

/** How this machine is looked at; a test looks at another. */
export interface Machine {
  now(): number;
  free(path: string): Promise<number>;
  readonly timeZone: string;
}

export const thisMachine: Machine = {
  now: () => Date.now(),
  free: async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
};

type Content = Pick<Facts, 'database' | 'missing' | 'content'> & {
  readonly installation: Installation | null;
};

/** Looks at everything, each within seconds. Rejects never; changes nothing. */
export async function gatherFacts(
  definition: ProcessDefinition,
  config: Config,
  machine: Machine = thisMachine,
): Promise<Facts> {
  const isProduction = config.get(ProcessConfig).environment === 'production';
  const { url: redisUrl } = config.get(RedisConfig);
  const { url: brokerUrl } = config.get(BrokerConfig);
  const { smtp } = config.get(MailConfig);
  const { publicBaseUrl } = config.get(HttpConfig);
  const direct = config.get(DatabaseConfig).directUrl ?? config.get(DatabaseConfig).url;
  const databaseAndRedis = async () => {
    const { installation, ...found } = await databaseOf(definition, config, machine);
    const redis = redisUrl === null ? null : await answered(() => readRedisFacts(redisUrl, installation));
    return { ...found, redis };
  };
  const [found, isDirect, broker, mail, publicAddress, disks] = await Promise.all([
    databaseAndRedis(),
    direct === null ? { isDirect: true } : answered(() => isDirectTo(direct)),
    brokerUrl === null ? null : answered(async () => isThere(reachBroker(brokerUrl, ANSWER_WITHIN / 2))),
    smtp === null ? null : answered(async () => isThere(reachMailServer(smtp, ANSWER_WITHIN / 2))),
    isProduction ? answered(() => probe(publicBaseUrl)) : null,
    disksOf(config, machine),
  ]);
  return {
    config,
    isProduction,
    ...found,
    direct: isDirect,
    broker,
    mail,
    publicAddress,
    machine: { node: process.versions.node, timeZone: machine.timeZone, disks },
  };
}

/** What `ask` answers, or why it did not. */
async function answered<T extends object>(ask: () => Promise<T>): Promise<T | Unknown> {
  try {
    return await within(ANSWER_WITHIN, ask());
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { message, code } = first as { message?: string; code?: string };
  // What follows says what to do, as the checks do in their own words.
  return (message || String(code ?? first)).split('\n', 1)[0] ?? '';
}

async function isThere(reached: Promise<void>): Promise<{ isThere: true }> {
  await reached;
  return { isThere: true };
}

async function databaseOf(definition: ProcessDefinition, config: Config, machine: Machine): Promise<Content> {
  const { dataDir } = config.get(ProcessConfig);
  const nothing = (unknown: string): Content => {
    const none = { unknown };
    return { database: none, missing: none, content: none, installation: null };
  };
  if (config.get(DatabaseConfig).url === null && !existsSync(join(dataDir, 'postgres')))
    return nothing('The embedded database is made by the first start');
  try {
    const opened = await openDatabase(config);
    try {
      const dataSource = createDataSource(opened.url, definition.schema, config);
      await connect(dataSource, opened.url, CONNECT_WITHIN);
      try {
        return await contentOf(dataSource, config, machine);
      } finally {
        await dataSource.destroy();
      }
    } finally {
      await opened.stop();
    }
  } catch (error) {
    return nothing(reasonOf(error));
  }
}

async function contentOf(dataSource: DataSource, config: Config, machine: Machine): Promise<Content> {
  const repository = new DatabaseFactsRepository(dataSource, () => machine.now());
  const database = await answered(() => repository.read());
  const missing = await answered(async () => ({ sentence: await missingIn(dataSource, config) }));
  if ('unknown' in missing) return { database, missing, content: missing, installation: null };
  if (missing.sentence !== null)
    return {
      database,
      missing: missing.sentence,
      content: { unknown: missing.sentence },
      installation: null,
    };
  const installation = await readInstallation(dataSource).catch(() => null);
  const content = await answered(async (): Promise<ContentFacts> => ({
    keys: await keysOf(repository, config),
    outboxAge: await repository.outboxAge(),
    addresses: await repository.addresses(),
    hasAdministrator: await hasSuperAdmin(dataSource),
  }));
  return { database, missing: null, content, installation };
}

async function keysOf(repository: DatabaseFactsRepository, config: Config) {
  const ages = await repository.keyAges();
  const secret = config.get(Secrets).KEY_ENCRYPTION_SECRET;
  return (await repository.signingKeys()).map((key) => ({
    state: key.state,
    age: ages.get(key.kid) ?? 0,
    opens: key.state === 'gone' || opens(() => openSigningKey(secret, key)),
  }));
}

function opens(open: () => unknown): boolean {
  try {
    open();
    return true;
  } catch {
    return false;
  }
}

async function isDirectTo(url: string): Promise<{ isDirect: boolean }> {
  const client = await openConnection(url, 'outbox');
  client.on('error', () => undefined);
  try {
    return { isDirect: !isShared(client) };
  } finally {
    await client.end();
  }
}

async function probe(publicBaseUrl: string): Promise<{ status: number }> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN - 1_000);
  const response = await fetch(`${publicBaseUrl}/api/v1/health/live`, { signal, redirect: 'manual' });
  await response.body?.cancel();
  return { status: response.status };
}

async function disksOf(config: Config, machine: Machine): Promise<{ path: string; free: number }[]> {
  const isEmbedded = config.get(DatabaseConfig).url === null;
  const paths = [process.cwd(), ...(isEmbedded ? [resolve(config.get(ProcessConfig).dataDir)] : [])];
  const there = paths.filter((path) => existsSync(path));
  return Promise.all(there.map(async (path) => ({ path, free: await machine.free(path) })));
}

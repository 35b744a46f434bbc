import type { DataSource } from 'typeorm';
import { AuditLog } from '../../platform/audit/audit-log.js';
import type { Config } from '../../platform/config/config.js';
import { Transactions } from '../../platform/database/transactions.js';
import { readInstallation, renewInstallation } from '../../platform/installation/installation.repository.js';
import { RedisClaim } from '../../platform/redis/redis-claim.js';
import { RedisConfig } from '../../platform/redis/redis.config.js';
import { withRedis } from '../../platform/redis/with-redis.js';
import { CommandFailed } from '../command.js';
import { defineCommand } from './command.js';

const show = defineCommand({
  name: 'installation show',
  help: 'Which installation this database is, and which database Redis knows for it.',
  run: (_, { withDatabase }) =>
    withDatabase(async (dataSource, config) => {
      const { id, fingerprint } = await readInstallation(dataSource);
      const redis = await knownTo(config, dataSource);
      const text = `Installation  ${id}\nDatabase      ${fingerprint}\nRedis         ${describe(config, redis)}\n`;
      return { text, json: { id, database: fingerprint, redis } };
    }),
});

const renew = defineCommand({
  name: 'installation renew',
  help: 'This database is a copy: it becomes an installation of its own. Stop all processes of it before.',
  run: (_, { withDatabase, operator }) =>
    withDatabase(async (dataSource) => {
      const { id: former } = await readInstallation(dataSource);
      const id = await new Transactions(dataSource).run(operator, async (tx) => {
        const renewed = await renewInstallation(tx);
        const subject = { type: 'installation', id: renewed };
        await new AuditLog().record(tx, {
          actor: operator,
          action: 'installation.renewed',
          subject,
          details: { former },
        });
        return renewed;
      });
      return { text: `This database is the installation ${id} from now on.\n`, json: { id } };
    }),
});

const takeOver = defineCommand({
  name: 'installation take-over',
  help: 'This database takes the place of the one it was copied from. Stop all processes of the other one before.',
  run: (_, { withDatabase, operator }) =>
    withDatabase(async (dataSource, config) => {
      const { url } = config.get(RedisConfig);
      if (url === null) throw new CommandFailed('REDIS_URL is not set, so there is nothing to take over.');
      const claim = new RedisClaim(await readInstallation(dataSource));
      const { id } = claim.installation;
      await new Transactions(dataSource).run(operator, async (tx) => {
        const subject = { type: 'installation', id };
        await new AuditLog().record(tx, { actor: operator, action: 'installation.taken_over', subject });
        await withRedis(url, (client) => claim.takeOver(client));
      });
      return { text: `Redis takes this database for the installation ${id} from now on.\n`, json: { id } };
    }),
});

export const installationCommands = [show, renew, takeOver];

/** The database that Redis knows; null where it knows none, or where there is no Redis. */
async function knownTo(config: Config, dataSource: DataSource): Promise<string | null> {
  const { url } = config.get(RedisConfig);
  if (url === null) return null;
  const { epochKey } = new RedisClaim(await readInstallation(dataSource));
  return (await withRedis(url, (client) => client.get(epochKey)))?.split(' ', 1)[0] ?? null;
}

function describe(config: Config, known: string | null): string {
  if (config.get(RedisConfig).url === null) return 'is not used (REDIS_URL is not set)';
  return known === null ? 'knows no database of this installation yet' : `knows the database ${known}`;
}

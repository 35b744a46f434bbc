import 'reflect-metadata';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { printable } from '../common/printable.js';
import type { Config } from '../platform/config/config.js';
import { RedisConfig } from '../platform/redis/redis.config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
import { connect } from '../platform/database/connect.js';
import { createDataSource } from '../platform/database/data-source.js';
import { readInstallation, renewInstallation } from '../platform/installation/installation.repository.js';
import { RedisClaim } from '../platform/redis/redis-claim.js';
import { allInOne } from './all-in-one.js';
import { CommandFailed, runCommand, UsageError } from './command.js';
import { openDatabase } from './open-database.js';
import { readConfig } from './read-config.js';

const USAGE = `npm run installation -- show        which installation this database is, and which database Redis knows for it
npm run installation -- renew       this database is a copy: it becomes an installation of its own
npm run installation -- take-over   this database takes the place of the one it was copied from
Stop all processes of this database (renew) or of the other one (take-over) before.
`;

/** `npm run installation`: tells a copy of a database from the database it was copied from. */
async function run(
  [command = '']: readonly string[],
  config: Config,
  dataSource: DataSource,
): Promise<string> {
  switch (command) {
    case 'show': {
      const { id, fingerprint } = await readInstallation(dataSource);
      return `Installation  ${id}\nDatabase      ${fingerprint}\nRedis         ${await knownTo(config, dataSource)}\n`;
    }
    case 'renew':
      return `This database is the installation ${await renewInstallation(dataSource)} from now on.\n`;
    case 'take-over': {
      const claim = new RedisClaim(await readInstallation(dataSource));
      await withRedis(config, (client) => claim.takeOver(client));
      return `Redis takes this database for the installation ${claim.installation.id} from now on.\n`;
    }
    default:
      throw new UsageError(command && `There is no command ${printable(command)}.`);
  }
}

async function knownTo(config: Config, dataSource: DataSource): Promise<string> {
  if (config.get(RedisConfig).url === null) return 'is not used (REDIS_URL is not set)';
  const { epochKey } = new RedisClaim(await readInstallation(dataSource));
  const epoch = await withRedis(config, (client) => client.get(epochKey));
  return epoch === null
    ? 'knows no database of this installation yet'
    : `knows the database ${epoch.split(' ')[0]}`;
}

async function withRedis<T>(config: Config, work: (client: Redis) => Promise<T>): Promise<T> {
  const { url } = config.get(RedisConfig);
  if (url === null) throw new CommandFailed('REDIS_URL is not set, so there is nothing to take over.');
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null });
  client.on('error', () => undefined); // whoever asks hears of it
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}

await runCommand(USAGE, async (args) => {
  const config = readConfig(allInOne);
  const database = await openDatabase(config);
  try {
    const dataSource = await connect(
      createDataSource(database.url, allInOne.schema, config),
      database.url,
      config.get(DatabaseConfig).connectTimeout,
    );
    try {
      return await run(args, config, dataSource);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await database.stop();
  }
});

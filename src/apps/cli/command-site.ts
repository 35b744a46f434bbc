import { userInfo } from 'node:os';
import type { INestApplicationContext } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { operatorCalled, type Manager } from '../../access/actor.js';
import { printable } from '../../common/printable.js';
import { cutText } from '../../common/text.js';
import type { Config } from '../../platform/config/config.js';
import type { ProcessConfig } from '../../platform/config/process.config.js';
import { addressOf, connect } from '../../platform/database/connect.js';
import { createDataSource } from '../../platform/database/data-source.js';
import { DatabaseConfig } from '../../platform/database/database.config.js';
import { type Database, openDatabase } from '../open-database.js';
import type { ProcessDefinition } from '../process.js';
import { readConfig } from '../read-config.js';
import { withContext } from '../with-context.js';

/** What a command works on: the settings and the database of the service it runs beside. */
export interface CommandSite {
  readonly definition: ProcessDefinition;
  /** What NODE_ENV is when nobody says. */
  readonly environment: ProcessConfig['environment'];
  /** Whoever runs the command. */
  readonly operator: Manager;
  /** With the services. @throws ConfigurationError, DatabaseUnreachable, NotPrepared, and what `work` throws */
  readonly withServices: <T>(
    work: (app: INestApplicationContext, config: Config) => Promise<T>,
  ) => Promise<T>;
  /** With the database alone, however old it is. @throws ConfigurationError, DatabaseUnreachable, and what `work` throws */
  readonly withDatabase: <T>(work: (dataSource: DataSource, config: Config) => Promise<T>) => Promise<T>;
  /** With its address alone. @throws ConfigurationError, and what `work` throws */
  readonly withAddress: <T>(work: (database: Database, config: Config) => Promise<T>) => Promise<T>;
  /** Progress of what takes long, in one line. */
  readonly say: (text: string) => void;
}

/** A command that takes no longer to connect says nothing of it. Milliseconds. */
const PATIENCE = 2_000;

/** Beside the service that has these settings. */
export class BesideService implements CommandSite {
  readonly operator = operatorCalled(nameOfOperator());

  constructor(
    readonly definition: ProcessDefinition,
    readonly environment: ProcessConfig['environment'],
  ) {}

  readonly withServices: CommandSite['withServices'] = (work) =>
    withContext(this.definition, work, {
      environment: this.environment,
      log: process.stderr,
      connecting: (url, connected) => this.patiently(url, connected),
    });

  readonly withDatabase: CommandSite['withDatabase'] = (work) =>
    this.withAddress(async ({ url }, config) => {
      const { connectTimeout } = config.get(DatabaseConfig);
      const dataSource = createDataSource(url, this.definition.schema, config);
      await this.patiently(url, connect(dataSource, url, connectTimeout));
      try {
        return await work(dataSource, config);
      } finally {
        await dataSource.destroy();
      }
    });

  readonly withAddress: CommandSite['withAddress'] = async (work) => {
    const config = readConfig(this.definition, this.environment, { LOG_LEVEL: 'error' });
    const database = await openDatabase(config);
    try {
      return await work(database, config);
    } finally {
      await database.stop();
    }
  };

  readonly say = (text: string): void => {
    process.stderr.write(`${printable(text)}\n`);
  };

  private async patiently<T>(url: string, connected: Promise<T>): Promise<T> {
    const timer = setTimeout(
      () => this.say(`Waiting for the database at ${addressOf(url)} …`),
      PATIENCE,
    ).unref();
    try {
      return await connected;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** As the machine calls them; in a container the user may have no name. */
function nameOfOperator(): string {
  try {
    return cutText(printable(userInfo().username), 64);
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

import 'reflect-metadata';
import { once } from 'node:events';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IdentitiesModule } from '../../users/identities/identities.module.js';
import { connect } from '../../platform/database/connect.js';
import { readInstallation } from '../../platform/installation/installation.repository.js';
import { createDataSource } from '../../platform/database/data-source.js';
import { createLogger, PinoNestLogger } from '../../platform/logging/logger.js';
import { PlatformModule } from '../../platform/platform.module.js';
import { openDatabase } from '../open-database.js';
import { readConfig } from '../read-config.js';
import { allInOneSchema } from '../schema.js';
import { welcomeConsumer } from './welcome-consumer.js';

@Module({})
class ConsumerModule {}

/** `npm run example:consumer`: a process of its own beside the service, on its database; see docs/broker.md. */
const config = readConfig();
if (config.broker.url === null) {
  process.stderr.write('Set RABBITMQ_URL to the one of the service.\n');
  process.exit(1);
}
const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
const database = await openDatabase(config);
const dataSource = await connect(
  createDataSource(database.url, allInOneSchema, config),
  database.url,
  config.database.connectTimeout,
);
const context = await NestFactory.createApplicationContext(
  {
    module: ConsumerModule,
    imports: [
      PlatformModule.register(config, dataSource, await readInstallation(dataSource)),
      IdentitiesModule,
    ],
  },
  { logger: new PinoNestLogger(createLogger(config)), abortOnError: false },
);
const consumer = welcomeConsumer(context, { url: config.broker.url });
consumer.start();
process.stdout.write('The example consumer is running: it welcomes every new user.\n');
await stopped;
await consumer.stop();
await context.close();
await database.stop();
process.exit(0);

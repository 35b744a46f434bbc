import type { INestApplicationContext } from '@nestjs/common';
import { createApp, createWorker } from '../app.setup.js';
import type { Config } from '../platform/config/config.js';
import { connect } from '../platform/database/connect.js';
import { createDataSource } from '../platform/database/data-source.js';
import { logOutput } from '../platform/logging/log-output.js';
import { banner, workerBanner } from './banner.js';
import { CannotListen } from './cannot-listen.js';
import { prepareDatabase } from './prepare-database.js';
import { readConfig } from './read-config.js';
import { allInOneSchema } from './schema.js';
import { type Database, openDatabase } from './open-database.js';

/** Errors whose message is all an operator needs. */
const SELF_EXPLAINING = new Set([
  'ConfigurationError',
  'DatabaseUnreachable',
  'EmbeddedPostgresError',
  'CannotListen',
]);
/** Requests that run when the service is told to stop may take this long. Milliseconds. */
const FINISH_WITHIN = 25_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What there is by now, and so has to be stopped. */
interface Running {
  config?: Config;
  database?: Database;
  app?: INestApplicationContext;
  isStarted: boolean;
  isStopping: boolean;
}

/**
 * Starts the service and keeps it running until a signal stops it. Exits with 1 when it cannot start. `environment` is what
 * NODE_ENV is when it is not set.
 */
export async function start(environment: Config['environment']): Promise<void> {
  const running: Running = { isStarted: false, isStopping: false };
  // Nobody who stops reading what this writes ends it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  stopOnSignal(running);
  try {
    await bringUp(running, environment);
    running.isStarted = true;
    if (running.isStopping) await stop(running, 0);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    await stop(running, 1);
  }
}

async function bringUp(running: Running, environment: Config['environment']): Promise<void> {
  const config = (running.config = readConfig(environment));
  const database = (running.database = await openDatabase(config));
  if (running.isStopping) return;
  const administrator = config.database.migrateOnStart
    ? await prepareDatabase(database.directUrl, config)
    : null;
  const dataSource = await connect(
    createDataSource(database.url, allInOneSchema, config),
    database.url,
    config.database.connectTimeout,
  );
  if (config.service === 'worker') {
    running.app = await createWorker(config, dataSource);
    process.stdout.write(workerBanner(config, database, administrator));
    return;
  }
  const app = (running.app = await createApp(config, dataSource));
  if (running.isStopping) return;
  try {
    await app.listen(config.http.port, config.http.host);
  } catch (error) {
    throw new CannotListen({ address: config.http.host, port: config.http.port, setting: 'PORT' }, error);
  }
  process.stdout.write(banner(config, await app.getUrl(), database, administrator));
}

/** First signal: finish what runs, or the start if that is going on, and stop. Second: leave at once. */
function stopOnSignal(running: Running): void {
  const onSignal = () => {
    if (running.isStopping) process.exit(1);
    running.isStopping = true;
    if (running.isStarted) void stop(running, 0);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

/** The app, then the database under it. */
async function stop({ app, database, config }: Running, status: number): Promise<void> {
  setTimeout(() => process.exit(1), (config?.http.shutdownDelay ?? 0) * 1000 + FINISH_WITHIN).unref();
  let code = status;
  try {
    await app?.close();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    code = 1;
  }
  await database?.stop();
  await logOutput.flush();
  process.exit(code);
}

function explain(error: unknown): string {
  if (error instanceof Error && SELF_EXPLAINING.has(error.name)) return error.message;
  return `The service could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../app.setup.js';
import { loadConfig } from '../platform/config/config.js';
import { developmentSecrets } from '../platform/config/development-secrets.js';
import { connect } from '../platform/database/connect.js';
import { createDataSource } from '../platform/database/data-source.js';
import { banner } from './banner.js';
import { prepareDatabase } from './prepare-database.js';
import { allInOneSchema } from './schema.js';
import { type Database, openDatabase } from './open-database.js';

/** Errors whose message is all an operator needs. */
const SELF_EXPLAINING = new Set(['ConfigurationError', 'DatabaseUnreachable', 'EmbeddedPostgresError']);
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Starts the service and keeps it running until a signal stops it. Exits with 1 when it cannot start. */
export async function start(): Promise<void> {
  let database: Database | undefined;
  try {
    const config = loadConfig(process.env, developmentSecrets);
    database = await openDatabase(config);
    const administrator = config.database.migrateOnStart ? await prepareDatabase(database.url, config) : null;
    const dataSource = await connect(
      createDataSource(database.url, allInOneSchema, config),
      database.url,
      config.database.connectTimeout,
    );
    const app = await createApp(config, dataSource);
    stopOnSignal(app, database);
    await app.listen(config.http.port, config.http.host);
    process.stdout.write(banner(config, await app.getUrl(), database, administrator));
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    await database?.stop();
    process.exit(1);
  }
}

/** First signal: finish what runs, close the app, then the database. Second: leave at once. */
function stopOnSignal(app: NestFastifyApplication, database: Database): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(1);
    stopping = true;
    let code = 0;
    try {
      await app.close();
    } catch (error) {
      process.stderr.write(`${explain(error)}\n`);
      code = 1;
    }
    await database.stop();
    process.exit(code);
  };
  for (const signal of SIGNALS) process.on(signal, () => void stop());
}

function explain(error: unknown): string {
  if (error instanceof Error && SELF_EXPLAINING.has(error.name)) return error.message;
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use. Stop what listens there, or set PORT to another one.`;
  if (code === 'EACCES' && port !== undefined)
    return `Port ${port} may not be used by this user. Set PORT to one above 1023.`;
  return `The service could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

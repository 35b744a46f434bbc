import type { INestApplicationContext } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { createApp, createContext } from '../app.setup.js';
import { HealthService } from '../health/health.service.js';
import { ProbeServer } from '../health/probe-server.js';
import { version } from '../common/version.js';
import type { Config } from '../platform/config/config.js';
import { HttpConfig } from '../platform/http/http.config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
import { ProcessConfig } from '../platform/config/process.config.js';
import { connect } from '../platform/database/connect.js';
import { createDataSource } from '../platform/database/data-source.js';
import { logOutput } from '../platform/logging/log-output.js';
import { createLogger } from '../platform/logging/logger.js';
import { onceInAWhile } from '../platform/logging/once-in-a-while.js';
import { tracing } from '../platform/tracing/tracing.js';
import { TracingConfig } from '../platform/tracing/tracing.config.js';
import { Exposition } from '../platform/metrics/exposition.js';
import { preferEventLoop } from '../platform/security/thread-priority.js';
import { banner, startLine, workerBanner } from './banner.js';
import { CannotListen, type ListenSettings } from './cannot-listen.js';
import { explain, reasonOf } from './explain.js';
import { prepareDatabase } from './prepare-database.js';
import { readConfig } from './read-config.js';
import type { ProcessDefinition } from './process.js';
import { releaseMemory } from './release-memory.js';
import { StartProbes } from './start-probes.js';
import { type Database, openDatabase } from './open-database.js';
import { untilPrepared } from './until-prepared.js';

/** Requests that run when the service is told to stop may take this long. Milliseconds. */
const FINISH_WITHIN = 25_000;
/** The settings of the public address. */
const PUBLIC: ListenSettings = { port: 'PORT', host: 'HOST' };
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Told to stop during the start, the process is gone within two seconds whatever it waits for. Milliseconds. */
const LEAVE_WITHIN = 1_000;

/** What there is by now, and so has to be stopped. */
class Running {
  config: Config | undefined;
  database: Database | undefined;
  app: INestApplicationContext | undefined;
  isStarted = false;
  readonly probes = new StartProbes();
  exposition: Exposition | undefined;
  readonly management = new ProbeServer(this.probes, () => this.exposition?.page() ?? null);
  private readonly stopping = new AbortController();

  /** Given once, when the process is told to stop. */
  get told(): AbortSignal {
    return this.stopping.signal;
  }

  /** First signal: finish what runs, or leave the start, and stop. Second: leave at once. */
  tell(signal: string): void {
    if (this.told.aborted) leave(this, 1);
    this.stopping.abort();
    note(this.config, { event: 'stopping', signal }, `Told to stop by ${signal}`);
    if (this.isStarted) void stop(this, 0);
    // What is being waited for may never come: a lock, a database that hangs. Leaving ends it.
    else setTimeout(() => leave(this, 0), LEAVE_WITHIN);
  }
}

/**
 * Starts a process and keeps it running until a signal stops it. Exits with 1 when it cannot start. `environment` is what
 * NODE_ENV is when it is not set.
 */
export async function start(
  definition: ProcessDefinition,
  environment: ProcessConfig['environment'],
): Promise<void> {
  const running = new Running();
  // Nobody who stops reading what this writes ends it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of SIGNALS) process.on(signal, () => running.tell(signal));
  try {
    await bringUp(running, definition, environment);
    running.isStarted = true;
  } catch (error) {
    if (!running.told.aborted) {
      complain(running.config, error);
      return await stop(running, 1);
    }
  }
  if (running.told.aborted) await stop(running, 0);
}

/** @throws also what it is told to stop by, between any two steps */
async function bringUp(
  running: Running,
  definition: ProcessDefinition,
  environment: ProcessConfig['environment'],
): Promise<void> {
  const { told, probes, management } = running;
  const config = (running.config = readConfig(definition, environment));
  const { host, port, management: at } = config.get(HttpConfig);
  if (at !== null) {
    running.exposition = await Exposition.open({ version, service: config.get(ProcessConfig).service });
    await listen(management, at.port, at.host, { port: 'MANAGEMENT_PORT', host: 'MANAGEMENT_HOST' });
  }
  await startTracing(config);
  await preferEventLoop();
  const database = (running.database = await openDatabase(config));
  told.throwIfAborted();
  const administrator = config.get(DatabaseConfig).migrateOnStart
    ? (await prepareDatabase(definition, database.directUrl, config)).administrator
    : null;
  told.throwIfAborted();
  const dataSource = await connect(
    createDataSource(database.url, definition.schema, config),
    database.url,
    config.get(DatabaseConfig).connectTimeout,
  );
  if (!config.get(DatabaseConfig).migrateOnStart) await waitForOthers(running, config, dataSource);
  told.throwIfAborted();
  if (config.get(ProcessConfig).service === 'worker') {
    const worker = (running.app = await createContext(definition, config, dataSource));
    probes.app = worker.get(HealthService);
    releaseMemory();
    announce(
      config,
      workerBanner(config, database, administrator),
      startLine(config, null, database, administrator, management.port),
    );
    return;
  }
  const app = (running.app = await createApp(definition, config, dataSource));
  probes.app = app.get(HealthService);
  releaseMemory();
  told.throwIfAborted();
  await listen(app, port, host, PUBLIC);
  const url = await app.getUrl();
  announce(
    config,
    banner(config, url, database, administrator),
    startLine(config, url, database, administrator, management.port),
  );
}

/** Nothing of OpenTelemetry is loaded where nothing is traced. */
async function startTracing(config: Config): Promise<void> {
  const settings = config.get(TracingConfig);
  if (!settings.isOn) return;
  const { openTelemetry } = await import('../platform/tracing/open-telemetry.js');
  const logger = createLogger(config);
  const warn = onceInAWhile((message: string) =>
    logger.warn({ context: 'Traces' }, `Spans cannot be sent: ${message}`),
  );
  tracing.use(await openTelemetry(settings, config.get(ProcessConfig).service, warn));
}

/** Until then probes are answered where the API will be: alive, not ready. */
async function waitForOthers(running: Running, config: Config, dataSource: DataSource): Promise<void> {
  const { told, probes } = running;
  const { host, port } = config.get(HttpConfig);
  const logger = createLogger(config);
  const meanwhile = new ProbeServer(probes);
  probes.waitsFor = 'migrations';
  const say = async (missing: string) => {
    logger.warn({ context: 'Start' }, missing);
    if (config.get(ProcessConfig).service !== 'worker' && !meanwhile.isListening)
      await listen(meanwhile, port, host, PUBLIC);
  };
  try {
    await untilPrepared(dataSource, config, { say, signal: told });
  } finally {
    await meanwhile.close();
  }
}

async function listen(
  server: { listen(port: number, host: string): Promise<unknown> },
  port: number,
  host: string,
  settings: ListenSettings,
): Promise<void> {
  try {
    await server.listen(port, host);
  } catch (error) {
    throw new CannotListen({ address: host, port, settings }, error);
  }
}

/** The app, then the database under it. */
async function stop(running: Running, status: number): Promise<void> {
  const { app, database, config, management } = running;
  setTimeout(
    () => leave(running, 1),
    (config?.get(HttpConfig).shutdownDelay ?? 0) * 1000 + FINISH_WITHIN,
  ).unref();
  let code = status;
  try {
    await app?.close();
  } catch (error) {
    complain(config, error);
    code = 1;
  }
  await management.close();
  await database?.stop();
  await tracing.stop();
  noteStopped(config, code);
  await logOutput.flush();
  process.exit(code);
}

/** Without waiting for anything. */
function leave({ config }: Running, code: number): never {
  noteStopped(config, code);
  process.exit(code);
}

function noteStopped(config: Config | undefined, code: number): void {
  const seconds = Math.round(process.uptime());
  note(config, { event: 'stopped', version, code, seconds }, `Stopped after ${seconds} s`);
}

/** Of what has begun by no more than reading its settings nothing is told. */
function note(config: Config | undefined, line: object, text: string): void {
  if (config) createLogger(config).info({ context: 'Process', ...line }, text);
}

/**
 * On the terminal of a person, and in development, as text; in the log, which is read by machines, as one line wherever it
 * does not lead to that terminal.
 */
function announce(config: Config, text: string, line: object): void {
  if (isReadByPeople(config)) process.stdout.write(text);
  if (!process.stdout.isTTY) note(config, line, 'Gatehouse is running');
}

/** As {@link announce}, for what went wrong. */
function complain(config: Config | undefined, error: unknown): void {
  const what = 'The service could not start or stop';
  if (!config || isReadByPeople(config)) process.stderr.write(`${explain(error, what)}\n`);
  else createLogger(config).fatal({ event: 'failed', err: error }, reasonOf(error) ?? what);
}

function isReadByPeople(config: Config): boolean {
  return config.get(ProcessConfig).environment !== 'production' || process.stdout.isTTY;
}

import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino, type SerializedError } from 'pino';
import type { Config } from '../config/config.js';
import { ProcessConfig } from '../config/process.config.js';
import { logOutput } from './log-output.js';
import { readableLog } from './readable-log.js';

/** One logger for Fastify and Nest, of JSON but for people. Credentials are removed wherever headers are logged. */
export function createLogger(config: Config, output: DestinationStream = outputFor(config)): Logger {
  return pino(
    {
      level: config.get(ProcessConfig).logLevel,
      base: undefined,
      redact: ['req.headers.authorization', 'req.headers.cookie', 'headers.authorization', 'headers.cookie'],
      serializers: { err: (error: Error) => withoutData(pino.stdSerializers.errWithCause(error)) },
    },
    output,
  );
}

function outputFor(config: Config): DestinationStream {
  const { environment } = config.get(ProcessConfig);
  return environment === 'development' && process.stdout.isTTY ? readableLog(logOutput) : logOutput;
}

/** Leaves of a failed statement which it was, not what it carried: values and rows hold hashes, tokens and addresses. */
function withoutData(error: Partial<SerializedError>): Partial<SerializedError> {
  for (const key of ['parameters', 'driverError', 'detail', 'where']) delete error[key];
  if (typeof error.cause === 'object' && error.cause !== null) withoutData(error.cause);
  return error;
}

/** Nest's account of wiring itself up: a line per module and route. */
const BOOT_CONTEXTS = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Lets Nest and our own `Logger`s write to pino. */
export class PinoNestLogger implements LoggerService {
  /** `about` is asked what a line is about: the request it is written in, for one. */
  constructor(
    private readonly logger: Logger,
    private readonly about: () => object | undefined = () => undefined,
  ) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(BOOT_CONTEXTS.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the context as the last argument, and for errors a stack or the error before it. */
  private write(
    level: 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined;
    const cause = message instanceof Error ? message : rest.find((part) => part instanceof Error);
    const error = cause instanceof Error && { err: cause };
    this.logger[level]({ context, ...this.about(), ...error }, messageOf(message));
  }
}

function messageOf(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}

import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { DestinationStream } from 'pino';
import type { DataSource } from 'typeorm';
import { AccessAudit } from './access/access-audit.js';
import { describeApi } from './apps/api-description.js';
import { setPaths } from './apps/paths.js';
import type { ProcessDefinition } from './apps/process.js';
import { ProcessModule } from './apps/process.module.js';
import type { Config } from './platform/config/config.js';
import { HttpConfig } from './platform/http/http.config.js';
import { ProductConfig } from './platform/product/product.config.js';
import { RateLimitConfig } from './platform/rate-limit/rate-limit.config.js';
import { corsFor } from './platform/http/cors.js';
import { serveDocs } from './platform/http/docs-pages.js';
import { admitRequests, createFastifyAdapter } from './platform/http/fastify.js';
import { describeResources } from './platform/http/resource-headers.js';
import { aboutRequest } from './platform/http/request-context.js';
import { ProblemFilter } from './platform/http/problem.filter.js';
import { createValidationPipe } from './platform/http/validation.pipe.js';
import { RateLimitStorage } from './platform/rate-limit/rate-limit.storage.js';
import { countRequests } from './platform/rate-limit/request-limit.js';
import { createLogger, PinoNestLogger } from './platform/logging/logger.js';

/** Makes the app of a process, ready to listen. `main.ts` and the e2e tests both start here. */
export async function createApp(
  definition: ProcessDefinition,
  config: Config,
  dataSource: DataSource,
): Promise<NestFastifyApplication> {
  const logger = createLogger(config);
  const http = config.get(HttpConfig);
  const app = await NestFactory.create<NestFastifyApplication>(
    ProcessModule.register(definition, config, dataSource),
    createFastifyAdapter(logger, http),
    { logger: new PinoNestLogger(logger, aboutRequest), abortOnError: false, bufferLogs: false },
  );
  if (http.corsOrigins.length > 0) app.enableCors({ delegator: corsFor(http.corsOrigins) });
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  admitRequests(fastify, countRequests(app.get(RateLimitStorage), config.get(RateLimitConfig).requests));
  describeResources(fastify, http.publicBaseUrl);
  app.get(AccessAudit).watch(fastify);
  setPaths(app, definition);
  app.useGlobalPipes(createValidationPipe(http.defaultRegion));
  app.useGlobalFilters(new ProblemFilter());
  if (http.docsEnabled)
    serveDocs(app, describeApi(definition, config.get(ProductConfig).name, http.publicBaseUrl));
  await app.init();
  await fastify.ready();
  return app;
}

/** The same without the API: for the work of the background, and for commands. `log`: where it goes, if not to standard output. */
export async function createContext(
  definition: ProcessDefinition,
  config: Config,
  dataSource: DataSource,
  log?: DestinationStream,
): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(ProcessModule.register(definition, config, dataSource), {
    logger: new PinoNestLogger(createLogger(config, log), aboutRequest),
    abortOnError: false,
  });
}

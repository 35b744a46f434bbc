import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import {
  type Context,
  context,
  diag,
  DiagLogLevel,
  isSpanContextValid,
  propagation,
  type Span,
  SpanKind as Kind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { envDetector, detectResources, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { version } from '../../common/version.js';
import { isDoneWithin } from '../../common/within.js';
import { ToldAttributes } from './told-attributes.js';
import type { OpenSpan, SpanKind, SpanOptions, Tracer } from './tracing.js';
import type { TracingConfig } from './tracing.config.js';

/** How long a stop waits for a collector. Milliseconds. */
const SEND_WITHIN = 2_000;

const KINDS: Readonly<Record<SpanKind, Kind>> = {
  server: Kind.SERVER,
  client: Kind.CLIENT,
  producer: Kind.PRODUCER,
  consumer: Kind.CONSUMER,
  internal: Kind.INTERNAL,
};

/**
 * Records spans and sends them to a collector by OTLP. `service` is which process this is; `warn` is told when spans cannot
 * be sent.
 */
export async function openTelemetry(
  config: TracingConfig,
  service: string,
  warn: (message: string) => void,
): Promise<Tracer> {
  diag.setLogger(
    { error: warn, warn, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const ours = resourceFromAttributes({
    'service.name': config.serviceName,
    'service.version': version,
    'service.instance.id': randomUUID(),
    'gatehouse.process': service,
  });
  const batches = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter(),
    scheduledDelayMillis: config.delay,
  });
  const provider = new TracerProvider({
    resource: ours.merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(config),
    spanProcessors: [new ToldAttributes(), batches],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  traceLibraries();
  return new OpenTelemetryTracer(provider);
}

/**
 * Statements to Postgres, commands to Redis, and requests to others, where they are part of something that is traced. `pg`
 * and `ioredis` are CommonJS: required once behind their instrumentations, their prototypes are changed for those who
 * import them, too, however early they did. No loader has to be set up before the first import.
 */
function traceLibraries(): void {
  const instrumentations = [
    new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
    new IORedisInstrumentation({ requireParentSpan: true, dbStatementSerializer: (command) => command }),
    new UndiciInstrumentation({ requireParentforSpans: true }),
  ];
  const require = createRequire(import.meta.url);
  for (const library of ['pg', 'ioredis']) require(library);
  for (const instrumentation of instrumentations) instrumentation.enable();
}

function samplerOf({ sampler, ratio }: TracingConfig): Sampler {
  const [, parentBased, kind] = /^(parentbased_)?(.+)$/.exec(sampler) ?? [];
  const root =
    kind === 'always_on'
      ? new AlwaysOnSampler()
      : kind === 'always_off'
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(ratio);
  return parentBased === undefined ? root : new ParentBasedSampler({ root });
}

class OpenTelemetryTracer implements Tracer {
  private readonly tracer;

  constructor(private readonly provider: TracerProvider) {
    this.tracer = provider.getTracer('gatehouse', version);
  }

  begin(name: string, { kind, attributes, parent }: SpanOptions): OpenSpan {
    const under = parent ? remote(parent) : context.active();
    const span = this.tracer.startSpan(name, { kind: KINDS[kind], ...(attributes && { attributes }) }, under);
    return new RecordedSpan(span, trace.setSpan(under, span));
  }

  traceparent(): string | undefined {
    const span = trace.getSpanContext(context.active());
    if (!span || !isSpanContextValid(span)) return undefined;
    return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
  }

  async stop(): Promise<void> {
    await isDoneWithin(SEND_WITHIN, this.provider.shutdown()).catch(() => false);
  }
}

/** What cannot be read as a `traceparent` is none, and a trace begins. */
function remote(traceparent: string): Context {
  return propagation.extract(context.active(), { traceparent });
}

class RecordedSpan implements OpenSpan {
  constructor(
    private readonly span: Span,
    private readonly inside: Context,
  ) {}

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  run<T>(work: () => T): T {
    return context.with(this.inside, work);
  }

  set(attribute: string, value: string | number): void {
    this.span.setAttribute(attribute, value);
  }

  fail(error: unknown): void {
    this.span.setAttribute('error.type', error instanceof Error ? error.name : 'Error');
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    this.span.end();
  }
}

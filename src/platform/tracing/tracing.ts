/** What a span is of, as OpenTelemetry names it. */
export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

export interface SpanOptions {
  readonly kind: SpanKind;
  /** Names are those of OpenTelemetry's conventions. Values are of ours: ids, names, numbers; nothing a caller writes. */
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** The `traceparent` of what this follows from; else it is part of what runs now, or begins a trace. */
  readonly parent?: string | null | undefined;
}

/** A span that has begun. */
export interface OpenSpan {
  readonly traceId: string;
  /** Runs `work` as part of it. */
  run<T>(work: () => T): T;
  set(attribute: string, value: string | number): void;
  /** Marks it as failed; of the error its type is told, nothing more. */
  fail(error: unknown): void;
  end(): void;
}

/** What records spans. */
export interface Tracer {
  /** Null where it would be recorded by nobody. */
  begin(name: string, options: SpanOptions): OpenSpan | null;
  /** The `traceparent` of what runs now (W3C Trace Context). */
  traceparent(): string | undefined;
  /** Sends what has not been sent yet. */
  stop(): Promise<void>;
}

const OFF: Tracer = { begin: () => null, traceparent: () => undefined, stop: () => Promise.resolve() };

/**
 * Traces, for all of this process. Off until a tracer is given to it: then, and only then, OpenTelemetry is loaded, which
 * the code that is traced does not know of.
 */
class Tracing {
  private tracer: Tracer = OFF;

  use(tracer: Tracer): void {
    this.tracer = tracer;
  }

  get isOn(): boolean {
    return this.tracer !== OFF;
  }

  /** For what begins and ends in different places: whoever begins it ends it. */
  begin(name: string, options: SpanOptions): OpenSpan | null {
    return this.tracer.begin(name, options);
  }

  /** Runs `work` in a span of its own, which ends with it and fails with it. */
  async run<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
    const span = this.tracer.begin(name, options);
    if (!span) return work();
    try {
      return await span.run(work);
    } catch (error) {
      span.fail(error);
      throw error;
    } finally {
      span.end();
    }
  }

  /** What runs now, for whoever carries it on: a row, a job, a message. */
  traceparent(): string | undefined {
    return this.tracer.traceparent();
  }

  async stop(): Promise<void> {
    const { tracer } = this;
    this.tracer = OFF;
    await tracer.stop();
  }
}

export const tracing = new Tracing();

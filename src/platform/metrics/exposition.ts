import { gauge, instruments } from './instruments.js';

/** A page of metrics, in the text format of Prometheus. */
export interface Page {
  readonly type: string;
  readonly text: string;
}

/** The library's own look at the event loop. Milliseconds. */
const LOOP_PRECISION = 20;

const buildInfo = gauge(
  'gatehouse_build_info',
  'Always 1: the version that runs, on which Node, as which process',
  ['version', 'node', 'service'],
  'max',
);

/**
 * Writes down all metrics of this process. Made only where they are asked for: prom-client, which brings those of Node itself
 * (event loop, garbage collection, memory), is not loaded elsewhere.
 */
export class Exposition {
  private running: Promise<Page> | null = null;

  private constructor(private readonly write: () => Promise<Page>) {}

  static async open(build: { readonly version: string; readonly service: string }): Promise<Exposition> {
    const { Registry, collectDefaultMetrics } = await import('prom-client');
    const registry = new Registry();
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION });
    buildInfo.read(() => [[{ ...build, node: process.versions.node }, 1]]);
    return new Exposition(async () => {
      // Those of modules that were loaded meanwhile, too. The registry asks no more of a metric than our instruments have.
      for (const one of instruments.values()) registry.registerMetric(one as never);
      return { type: registry.contentType, text: await registry.metrics() };
    });
  }

  /** Several that ask at once are shown one page. */
  page(): Promise<Page> {
    this.running ??= this.write().finally(() => (this.running = null));
    return this.running;
  }
}

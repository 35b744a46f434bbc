import type { HealthCheckResult } from '@nestjs/terminus';
import type { Probes } from '../health/probe-server.js';

/** What probes are told before there is an app, and by the app from then on. */
export class StartProbes implements Probes {
  /** What the start waits for, as it is called in the answers. */
  waitsFor = 'start';
  app: Probes | undefined;

  live(): HealthCheckResult {
    return this.app?.live() ?? { status: 'ok', info: {}, error: {}, details: {} };
  }

  ready(): Promise<HealthCheckResult> {
    return this.app?.ready() ?? Promise.resolve(this.notYet());
  }

  startup(): Promise<HealthCheckResult> {
    return this.app?.startup() ?? Promise.resolve(this.notYet());
  }

  private notYet(): HealthCheckResult {
    const down = { [this.waitsFor]: { status: 'down' as const } };
    return { status: 'error', info: {}, error: down, details: down };
  }
}

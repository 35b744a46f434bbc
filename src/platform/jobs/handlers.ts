import { Injectable } from '@nestjs/common';
import type { JobContext } from './job.js';
import { finished, RESULTS } from './jobs.metrics.js';

export interface Handler {
  readonly name: string;
  readonly queue: string;
  run(data: object, context: JobContext): Promise<void>;
}

/** Who does what work in the background, by name. Filled while modules initialise, used from then on. */
@Injectable()
export class Handlers {
  private readonly byName = new Map<string, Handler>();

  add(handler: Handler): void {
    if (this.byName.has(handler.name)) throw new Error(`Two handlers are called ${handler.name}`);
    this.byName.set(handler.name, handler);
    // There from the start, so that the first that is given up is seen as an increase.
    for (const result of RESULTS) finished.of({ job: handler.name, result });
  }

  find(name: string): Handler | undefined {
    return this.byName.get(name);
  }
}

import { BoundedMap } from '../../common/bounded-map.js';
import type { OutboxRow } from './outbox.repository.js';

/** Milliseconds. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
/** Aggregates; of more than these the oldest are tried again at once. */
const KEPT = 10_000;

/**
 * Aggregates whose next event was refused where others were taken: left alone for a while that grows, so that they hold
 * up nobody else's.
 */
export class PutAside {
  private readonly pauses = new BoundedMap<string, { readonly until: number; readonly pause: number }>(KEPT);

  /** What became of a batch: of each aggregate none arrived after one that did not. */
  note(rows: readonly OutboxRow[], delivered: ReadonlySet<string>): void {
    for (const [key, group] of Map.groupBy(rows, keyOf)) {
      const [first] = group;
      if (first && delivered.has(first.id)) this.pauses.delete(key);
      if (group.every(({ id }) => delivered.has(id))) continue;
      const pause = Math.min(LONGEST_PAUSE, 2 * (this.pauses.get(key)?.pause ?? FIRST_PAUSE / 2));
      this.pauses.set(key, { until: performance.now() + pause, pause });
    }
  }

  /** As the outbox names them: type, space, id. */
  current(): string[] {
    const now = performance.now();
    return this.pauses.all().flatMap(([key, { until }]) => (until > now ? [key] : []));
  }
}

const keyOf = ({ aggregateType, aggregateId }: OutboxRow) => `${aggregateType} ${aggregateId}`;

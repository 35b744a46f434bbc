import type { DomainEvent } from './domain-event.js';

/** A kind of event: what it is called, the version of its payload, and, called, how one is made. */
export interface EventDefinition<
  Of extends readonly unknown[] = readonly never[],
  Payload extends object = Readonly<Record<string, unknown>>,
> {
  (...of: Of): DomainEvent<Payload>;
  readonly type: string;
  readonly version: number;
}

/** What an event of this kind tells. */
export type PayloadOf<Definition extends EventDefinition> = ReturnType<Definition>['payload'];

/**
 * Declares an event. `describe` says what it is about, and what it tells: ids and plain values, never secrets. A field that
 * goes, or changes its meaning, is another version.
 */
export function defineEvent<Of extends readonly unknown[], Payload extends object>(
  type: string,
  version: number,
  describe: (...of: Of) => Pick<DomainEvent<Payload>, 'aggregate' | 'payload'>,
): EventDefinition<Of, Payload> {
  const make = (...of: Of) => ({ type, version, ...describe(...of) });
  return Object.assign(make, { type, version });
}

/** The events that files declare: `eventsOf(userEvents)` after `import * as userEvents`, so that none is left out. */
export function eventsOf(...files: readonly object[]): EventDefinition[] {
  return files.flatMap((file): unknown[] => Object.values(file)).filter(isDefinition);
}

function isDefinition(value: unknown): value is EventDefinition {
  return typeof value === 'function' && 'type' in value && 'version' in value;
}

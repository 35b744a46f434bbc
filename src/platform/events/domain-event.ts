import { LARGEST, sizeOf } from '../outbox/outbox.js';

/** A small typed fact about something that happened. Payloads carry ids and plain values, never secrets. */
export interface DomainEvent<Payload extends object = Readonly<Record<string, unknown>>> {
  readonly type: string;
  readonly version: number;
  readonly aggregate: { readonly type: string; readonly id: number };
  readonly payload: Readonly<Payload>;
}

/**
 * The events about a list, which may be of any length: each tells of as much of it as an event may carry, in order. What
 * ends a thousand sessions must not fail for being told of. One event, if the list is empty.
 */
export function inParts<Item, Event extends DomainEvent>(
  items: readonly Item[],
  toEvent: (part: readonly Item[]) => Event,
): Event[] {
  const room = LARGEST - sizeOf(toEvent([]).payload);
  const parts: Item[][] = [[]];
  let left = room;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (size > left && parts.at(-1)?.length) {
      parts.push([]);
      left = room;
    }
    parts.at(-1)?.push(item);
    left -= size;
  }
  return parts.map(toEvent);
}

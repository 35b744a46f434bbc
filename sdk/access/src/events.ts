/** An event of Gatehouse, as webhooks and RabbitMQ deliver it. */
export interface GatehouseEvent {
  /** The same at every delivery: deal with each once. */
  readonly id: string;
  readonly type: string;
  /** Goes up when a consumer of the former version would not understand the data. */
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly occurredAt: string;
  readonly aggregate: { readonly type: string; readonly id: string };
  readonly data: Readonly<Record<string, unknown>>;
}

/** The message is no event, and will not become one: a dead letter. */
export class InvalidEvent extends Error {
  override readonly name = 'InvalidEvent';
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Reads the event of a message of RabbitMQ or of a webhook that was verified. @throws InvalidEvent */
export function readEvent(content: Uint8Array | string): GatehouseEvent {
  let event: Partial<Record<keyof GatehouseEvent, unknown>>;
  try {
    const text =
      typeof content === 'string' ? content : new TextDecoder('utf-8', { fatal: true }).decode(content);
    event = (JSON.parse(text) ?? {}) as typeof event;
  } catch (cause) {
    throw new InvalidEvent('The message is not JSON in UTF-8', { cause });
  }
  const { id, type, version, occurredAt, aggregate, data } = event;
  if (typeof id !== 'string' || !UUID.test(id)) throw new InvalidEvent('The id is no UUID');
  if (typeof type !== 'string') throw new InvalidEvent('The event has no type');
  if (!Number.isInteger(version)) throw new InvalidEvent('The event has no version');
  if (typeof occurredAt !== 'string' || Number.isNaN(Date.parse(occurredAt))) {
    throw new InvalidEvent('occurredAt is no time');
  }
  if (!isObject(data) || !isObject(aggregate)) throw new InvalidEvent('data or aggregate is no object');
  return event as GatehouseEvent;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

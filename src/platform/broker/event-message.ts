import { z } from 'zod';
import type { PublishedEvent } from '../events/published-event.js';

/** Bytes of a message; events are a fraction of it. */
const LARGEST = 128 * 1_024;

/** The message cannot be dealt with, however often it is tried: it goes to the dead letters at once. */
export class HopelessMessage extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'HopelessMessage';
  }
}

/** The envelope of docs/events/envelope.schema.json. What a later release adds to it is left out. */
const envelope = z.object({
  id: z.uuid(),
  type: z.string().regex(/^[a-z][a-z_]*(\.[a-z][a-z_]*)+$/),
  version: z.int().positive(),
  occurredAt: z.iso.datetime(),
  aggregate: z.object({ type: z.string().min(1), id: z.string().min(1) }),
  data: z.record(z.string(), z.unknown()),
});

/**
 * Reads the event of a message; `accepts` holds the version known of each type.
 * @throws HopelessMessage
 */
export function readEvent(content: Buffer, accepts: Readonly<Record<string, number>>): PublishedEvent {
  if (content.length > LARGEST) {
    throw new HopelessMessage(`the message has ${content.length} bytes, more than ${LARGEST}`);
  }
  const parsed = envelope.safeParse(parseJson(content));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new HopelessMessage(`not an event: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const { type, version } = parsed.data;
  if (!Object.hasOwn(accepts, type))
    throw new HopelessMessage(`events of type ${type} are not expected here`);
  if (accepts[type] !== version) throw new HopelessMessage(`version ${version} of ${type} is not known here`);
  return parsed.data;
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch {
    throw new HopelessMessage('the message is not JSON in UTF-8');
  }
}

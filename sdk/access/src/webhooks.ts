import { createHmac, timingSafeEqual } from 'node:crypto';
import { WebhookRefused } from './errors.js';
import { type GatehouseEvent, InvalidEvent, readEvent } from './events.js';

export interface WebhookVerifierOptions {
  /** `whsec_…`; two of them while a secret is being replaced. */
  readonly secrets: readonly string[];
  /** Seconds by which a message's time may be off, 300 by default: an older one may have been caught and sent again. */
  readonly tolerance?: number;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

type Headers =
  Readonly<Record<string, string | readonly string[] | undefined>> | { get(name: string): string | null };

/** Bytes of a key; those of Gatehouse have 32. */
const SHORTEST_KEY = 24;

/** Tells webhooks of Gatehouse from what others send (Standard Webhooks 1.0.0). Deal with each event once: see `Inbox`. */
export class WebhookVerifier {
  private readonly keys: readonly Buffer[];
  private readonly tolerance: number;
  private readonly now: () => number;

  /** @throws TypeError for a secret that is none */
  constructor({ secrets, tolerance = 300, now = Date.now }: WebhookVerifierOptions) {
    if (secrets.length === 0) throw new TypeError('Give the secret that creating the webhook answered');
    this.keys = secrets.map(keyOf);
    this.tolerance = tolerance;
    this.now = now;
  }

  /**
   * The event of a message. `body` as it came, in bytes: what was parsed and written anew has another signature.
   * @throws WebhookRefused
   */
  verify(headers: Headers, body: Uint8Array | string): GatehouseEvent {
    if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new TypeError('Verify the body as it came, in bytes, not what a parser made of it');
    }
    const [id, time] = [headerOf(headers, 'webhook-id'), headerOf(headers, 'webhook-timestamp')];
    const isRecent = Math.abs(this.now() / 1_000 - Number(time)) <= this.tolerance;
    if (!/^\d+$/.test(time) || !isRecent) throw new WebhookRefused('Its time is too far from now');
    const signatures = headerOf(headers, 'webhook-signature').split(' ');
    const isSigned = this.keys.some((key) => {
      const expected = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest();
      return signatures.some((signature) => isEqual(signature, expected));
    });
    if (!isSigned) throw new WebhookRefused('No signature matches');
    const event = eventOf(body);
    if (event.id !== id) throw new WebhookRefused('webhook-id is not the id of the event');
    return event;
  }
}

function keyOf(secret: string): Buffer {
  const key = Buffer.from(/^whsec_([\w+/=-]+)$/.exec(secret)?.[1] ?? '', 'base64');
  if (key.length >= SHORTEST_KEY) return key;
  throw new TypeError('A webhook secret is whsec_ and base64, as creating the webhook answered it');
}

function headerOf(headers: Headers, name: string): string {
  if (typeof headers.get === 'function') return headers.get(name) ?? '';
  // As they came, where nobody has made them lower case.
  const values = Object.entries(headers).filter(([key]) => key.toLowerCase() === name);
  const [[, value] = []] = values;
  return values.length === 1 && typeof value === 'string' ? value : '';
}

function isEqual(signature: string, expected: Buffer): boolean {
  const [version, value = ''] = signature.split(',');
  const given = Buffer.from(value, 'base64');
  return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
}

function eventOf(body: Uint8Array | string): GatehouseEvent {
  try {
    return readEvent(body);
  } catch (error) {
    throw error instanceof InvalidEvent ? new WebhookRefused(error.message) : error;
  }
}

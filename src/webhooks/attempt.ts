import type { OutboundFailureKind } from '../platform/outbound/outbound-refusal.js';
import type { Claim } from './deliveries.repository.js';
import type { Webhook } from './webhook.entity.js';

/** An attempt at a delivery that is to be made now, by whoever holds it and nobody else. */
export interface Attempt {
  readonly webhook: Webhook;
  readonly claim: Claim;
}

/**
 * Why an attempt failed.
 * - `redirect`, `status`: what was answered is no success
 * - `webhook_inactive`: switched off or deleted before it could be sent
 * - `interrupted`: begun again and again, and never came to an end
 * - `internal`: the service itself could not send it; its log says why
 */
export type DeliveryError =
  OutboundFailureKind | 'redirect' | 'status' | 'webhook_inactive' | 'interrupted' | 'internal';

/** What came of an attempt. */
export interface Outcome {
  /** Null when there was no answer. */
  readonly status: number | null;
  /** Milliseconds. */
  readonly latency: number;
  /** Null: it succeeded. */
  readonly error: DeliveryError | null;
  /** Seconds the receiver asks to be left alone; null when it does not. */
  readonly retryAfter: number | null;
}

/** The receiver is gone for good (RFC 9110, section 15.5.11), and says so. */
export const isGone = ({ status }: Outcome): boolean => status === 410;

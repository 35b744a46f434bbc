import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../platform/jobs/jobs.js';
import { type OutboundAnswer, OutboundHttp } from '../platform/outbound/outbound-http.js';
import { OutboundFailure } from '../platform/outbound/outbound-refusal.js';
import type { Attempt, DeliveryError, Outcome } from './attempt.js';
import { AttemptsService } from './attempts.service.js';
import { DELIVER } from './delivery.jobs.js';
import { MAX_ATTEMPTS, restAskedFor } from './retry-schedule.js';
import { type SignedMessage, signedMessage } from './signed-message.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { deliveries, durations } from './webhook.metrics.js';
import { tracing } from '../platform/tracing/tracing.js';

/** Makes attempts at deliveries, outside any transaction. */
@Injectable()
export class Sender implements OnModuleInit {
  private readonly logger = new Logger(Sender.name);

  constructor(
    private readonly attempts: AttemptsService,
    private readonly secrets: WebhookSecrets,
    private readonly outbound: OutboundHttp,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(DELIVER, ({ deliveryId }) => this.deliver(deliveryId));
  }

  /** Makes one attempt, if one is due and nobody else makes it. */
  async deliver(deliveryId: string): Promise<void> {
    const attempt = await this.attempts.begin(deliveryId);
    if (!attempt) return;
    const begin = performance.now();
    const result = await this.send(attempt);
    const latency = performance.now() - begin;
    deliveries.inc({ outcome: result.error ?? 'succeeded' });
    durations.observe(latency / 1_000);
    await this.attempts.finish(attempt, { ...result, latency: Math.round(latency) });
  }

  private async send({ webhook, claim }: Attempt): Promise<Omit<Outcome, 'latency'>> {
    // It has been begun so often without an end that it is taken to end whoever tries.
    if (claim.attempts > MAX_ATTEMPTS) return { status: null, error: 'interrupted', retryAfter: null };
    try {
      const message = signedMessage(claim.event, this.secrets.keysOf(webhook), new Date());
      const { status, retryAfter } = await this.post(webhook.url, message, claim.traceparent);
      return { status, error: errorOf(status), retryAfter: restAskedFor(status, retryAfter) };
    } catch (error) {
      if (error instanceof OutboundFailure) return { status: null, error: error.kind, retryAfter: null };
      this.logger.error(`Delivery ${claim.deliveryId} cannot be sent`, error);
      return { status: null, error: 'internal', retryAfter: null };
    }
  }

  /**
   * The receiver is told which trace it is part of (`traceparent`). An attempt that is made later, on a schedule, belongs to
   * that of the event.
   */
  private post(url: string, message: SignedMessage, traceparent: string | null): Promise<OutboundAnswer> {
    const current = tracing.traceparent() ?? traceparent;
    if (current === null) return this.outbound.post(url, message);
    const headers = { ...message.headers, traceparent: current };
    // Where spans are recorded the header is that of the request's own.
    if (!tracing.isOn) return this.outbound.post(url, { ...message, headers });
    return tracing.run('webhook delivery', { kind: 'producer', parent: current }, () =>
      this.outbound.post(url, message),
    );
  }
}

function errorOf(status: number): DeliveryError | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? 'redirect' : 'status';
}

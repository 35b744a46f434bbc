import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Secrets } from '../platform/config/secrets.config.js';
import { DatabaseClock } from '../platform/database/database-clock.js';
import { SecretBox } from '../platform/security/secret-box.js';
import type { Webhook } from './webhook.entity.js';

const PREFIX = 'whsec_';
/** How long the secret before the last one goes on signing. Milliseconds. */
const ROTATION = 24 * 3_600_000;

/** The secrets webhooks are signed with: 256 random bits, shown once, kept sealed under the id of their webhook. */
@Injectable()
export class WebhookSecrets {
  private readonly box: SecretBox;

  constructor(
    secrets: Secrets,
    private readonly clock: DatabaseClock,
  ) {
    this.box = new SecretBox(secrets.KEY_ENCRYPTION_SECRET, 'webhook-secret');
  }

  /** As receivers get it: `whsec_` and base64. */
  create(webhookId: number): { shown: string; sealed: Buffer } {
    const key = randomBytes(32);
    return { shown: PREFIX + key.toString('base64'), sealed: this.box.seal(key, String(webhookId)) };
  }

  /** When a secret that is replaced now signs for the last time. */
  rotationEndsAt(): Date {
    return new Date(this.clock.now + ROTATION);
  }

  /** The keys to sign with now, the newest first. */
  keysOf(
    webhook: Pick<Webhook, 'id' | 'sealedSecret' | 'sealedPreviousSecret' | 'previousSecretEndsAt'>,
  ): Buffer[] {
    const { id, sealedSecret, sealedPreviousSecret, previousSecretEndsAt } = webhook;
    const isPreviousLive = previousSecretEndsAt !== null && previousSecretEndsAt.getTime() > this.clock.now;
    return [sealedSecret, ...(isPreviousLive && sealedPreviousSecret ? [sealedPreviousSecret] : [])].map(
      (sealed) => this.box.open(sealed, String(id)),
    );
  }
}

import { Injectable } from '@nestjs/common';
import type { DomainEvent } from './domain-event.js';

type Handler = (event: DomainEvent) => Promise<void> | void;

/**
 * Tells this process of a change once its transaction has committed and before the request is answered. For what
 * must be true when the caller hears that the change is made; everything else listens to the outbox.
 */
@Injectable()
export class EventBus {
  private readonly handlers: Handler[] = [];

  subscribe(handler: Handler): void {
    this.handlers.push(handler);
  }

  async publish(event: DomainEvent): Promise<void> {
    await Promise.all(this.handlers.map(async (handler) => handler(event)));
  }
}

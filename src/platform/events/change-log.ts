import { Injectable } from '@nestjs/common';
import { AuditLog, type AuditRecord } from '../audit/audit-log.js';
import type { Transaction } from '../database/transactions.js';
import { Outbox } from '../outbox/outbox.js';
import type { EventDefinition } from './define-event.js';
import type { DomainEvent } from './domain-event.js';
import { EventBus } from './event-bus.js';

/** `actor` is who made the change, for the audit log alone: an event that came over the broker does not tell. */
type Subscriber<Payload extends object> = (
  tx: Transaction,
  event: DomainEvent<Payload>,
  actor: AuditRecord['actor'],
) => Promise<void>;

/** Records a change twice over, in the transaction of the change: for people (audit) and for software (event). */
@Injectable()
export class ChangeLog {
  private readonly subscribers = new Map<string, Subscriber<never>[]>();

  constructor(
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly bus: EventBus,
  ) {}

  /**
   * Has `subscriber` run in the transaction of every change of this kind, before it is recorded: what it does commits with
   * the change, and what it throws undoes both. Several run one after the other, in the order in which they came. It is
   * idempotent, and takes what it needs from the payload or from tables of its own: between services it runs from the
   * inbox. Call it while the module initialises.
   */
  within<Payload extends object>(
    event: EventDefinition<never, Payload>,
    subscriber: Subscriber<Payload>,
  ): void {
    this.subscribers.set(event.type, [...(this.subscribers.get(event.type) ?? []), subscriber]);
  }

  /** The audit entry takes action and subject from the event. `details` are for the audit log only. */
  async record(
    tx: Transaction,
    actor: AuditRecord['actor'],
    event: DomainEvent,
    details?: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    for (const subscriber of this.subscribers.get(event.type) ?? []) {
      await subscriber(tx, event as DomainEvent<never>, actor);
    }
    await this.audit.record(tx, { actor, action: event.type, subject: event.aggregate, details });
    await this.outbox.add(tx, event);
    tx.afterCommit(() => this.bus.publish(event));
  }

  /** As {@link record}, for the events about one list (`inParts`): an audit entry each, so that none is too long. */
  async recordAll<Event extends DomainEvent>(
    tx: Transaction,
    actor: AuditRecord['actor'],
    events: readonly Event[],
    detailsOf: (payload: Event['payload']) => Readonly<Record<string, unknown>>,
  ): Promise<void> {
    for (const event of events) await this.record(tx, actor, event, detailsOf(event.payload));
  }
}

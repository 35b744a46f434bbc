import { Injectable } from '@nestjs/common';
import { AuditLog, type AuditRecord } from '../audit/audit-log.js';
import type { Transaction } from '../database/transactions.js';
import { Outbox } from '../outbox/outbox.js';
import type { DomainEvent } from './domain-event.js';
import { EventBus } from './event-bus.js';

/** Records a change twice over, in the transaction of the change: for people (audit) and for software (event). */
@Injectable()
export class ChangeLog {
  constructor(
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly bus: EventBus,
  ) {}

  /** The audit entry takes action and subject from the event. `details` are for the audit log only. */
  async record(
    tx: Transaction,
    actor: AuditRecord['actor'],
    event: DomainEvent,
    details?: Readonly<Record<string, unknown>>,
  ): Promise<void> {
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

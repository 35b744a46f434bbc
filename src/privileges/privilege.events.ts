import type { DomainEvent } from '../platform/events/domain-event.js';
import type { Privilege } from './privilege.entity.js';

/** Types of the events of this file, for who subscribes. */
export const PRIVILEGE_EVENTS = ['privilege.created', 'privilege.updated', 'privilege.deleted'] as const;

const aggregate = (id: number) => ({ type: 'privilege', id });

export const privilegeCreated = (privilege: Privilege): DomainEvent => ({
  type: 'privilege.created',
  version: 1,
  aggregate: aggregate(privilege.id),
  payload: { id: privilege.id, name: privilege.name },
});

export const privilegeUpdated = (privilege: Privilege): DomainEvent => ({
  type: 'privilege.updated',
  version: 1,
  aggregate: aggregate(privilege.id),
  payload: { id: privilege.id, name: privilege.name },
});

export const privilegeDeleted = (privilege: Privilege): DomainEvent => ({
  type: 'privilege.deleted',
  version: 1,
  aggregate: aggregate(privilege.id),
  payload: { id: privilege.id, name: privilege.name },
});

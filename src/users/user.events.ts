import type { DomainEvent } from '../platform/events/domain-event.js';
import type { User } from './user.entity.js';

/** Types of the events of this file, for who subscribes. */
export const USER_EVENTS = [
  'user.created',
  'user.updated',
  'user.disabled',
  'user.deleted',
  'user.restored',
  'user.purged',
  'user.password_reset_started',
  'user.unlocked',
] as const;

const aggregate = (id: number) => ({ type: 'user', id });

export const userCreated = (user: User): DomainEvent => ({
  type: 'user.created',
  version: 1,
  aggregate: aggregate(user.id),
  payload: { id: user.id, roleId: user.roleId, isActive: user.isActive },
});

/** `changed` names the fields, not their values: a subscriber that needs them reads the user. */
export const userUpdated = (user: User, changed: readonly string[]): DomainEvent => ({
  type: 'user.updated',
  version: 1,
  aggregate: aggregate(user.id),
  payload: { id: user.id, roleId: user.roleId, isActive: user.isActive, changed },
});

export const userDisabled = (user: User): DomainEvent => ({
  type: 'user.disabled',
  version: 1,
  aggregate: aggregate(user.id),
  payload: { id: user.id },
});

export const userDeleted = (id: number): DomainEvent => ({
  type: 'user.deleted',
  version: 1,
  aggregate: aggregate(id),
  payload: { id },
});

export const userRestored = (id: number): DomainEvent => ({
  type: 'user.restored',
  version: 1,
  aggregate: aggregate(id),
  payload: { id },
});

export const userPasswordResetStarted = (id: number): DomainEvent => ({
  type: 'user.password_reset_started',
  version: 1,
  aggregate: aggregate(id),
  payload: { id },
});

export const userUnlocked = (id: number): DomainEvent => ({
  type: 'user.unlocked',
  version: 1,
  aggregate: aggregate(id),
  payload: { id },
});

/** Who the user was is forgotten here, and is to be forgotten by whoever has kept it. */
export const userPurged = (id: number): DomainEvent => ({
  type: 'user.purged',
  version: 1,
  aggregate: aggregate(id),
  payload: { id },
});

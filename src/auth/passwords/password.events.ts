import type { DomainEvent } from '../../platform/events/domain-event.js';

/** Types of the events of this file, for who subscribes. */
export const PASSWORD_EVENTS = ['user.password_changed'] as const;

/** A user has a new password, whether it was changed, recovered or set for the first time. */
export const passwordChanged = (userId: number): DomainEvent => ({
  type: 'user.password_changed',
  version: 1,
  aggregate: { type: 'user', id: userId },
  payload: { id: userId },
});

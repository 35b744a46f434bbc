import type { DomainEvent } from '../../platform/events/domain-event.js';

/** Types of the events of this file, for who subscribes. */
export const PROVIDER_IDENTITY_EVENTS = ['identity.linked'] as const;

/** A user can sign in through a provider from now on. Who they are there stays here. */
export const identityLinked = (userId: number, identityId: number, provider: string): DomainEvent => ({
  type: 'identity.linked',
  version: 1,
  aggregate: { type: 'user', id: userId },
  payload: { userId, identityId, type: 'oauth', provider },
});

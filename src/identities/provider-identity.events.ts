import type { DomainEvent } from '../platform/events/outbox.js';

/** A user can sign in through a provider from now on. Who they are there stays here. */
export const identityLinked = (userId: number, identityId: number, provider: string): DomainEvent => ({
  type: 'identity.linked',
  version: 1,
  aggregate: { type: 'user', id: userId },
  payload: { userId, identityId, type: 'oauth', provider },
});

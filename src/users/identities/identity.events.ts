import { defineEvent } from '../../platform/events/define-event.js';
import type { IdentityType } from './identity.entity.js';

/** What events tell of an identity: never the address itself. */
export interface IdentityRef {
  readonly id: number;
  readonly userId: number;
  readonly type: IdentityType;
}

const about = ({ id, userId, type }: IdentityRef) => ({
  aggregate: { type: 'identity', id },
  payload: { id, userId, type },
});

export const identityAdded = defineEvent('identity.added', 1, about);
export const identityVerified = defineEvent('identity.verified', 1, about);
export const identityRemoved = defineEvent('identity.removed', 1, about);
export const identityPrimaryChanged = defineEvent('identity.primary_changed', 1, about);

/** A user can sign in through a provider from now on. Who they are there stays here. */
export const identityLinked = defineEvent(
  'identity.linked',
  1,
  (userId: number, identityId: number, provider: string) => ({
    aggregate: { type: 'user', id: userId },
    payload: { userId, identityId, type: 'oauth', provider },
  }),
);

import { defineEvent } from '../../platform/events/define-event.js';
import type { IdentityType } from './identity.entity.js';

/** What events tell of an identity: never the address itself. */
export interface IdentityRef {
  readonly id: number;
  readonly userId: number;
  readonly type: IdentityType;
}

const payloadOf = ({ id, userId, type }: IdentityRef) => ({ id, userId, type });
const about = (identity: IdentityRef) => ({
  aggregate: { type: 'identity', id: identity.id },
  payload: payloadOf(identity),
});

export const identityAdded = defineEvent(
  'identity.added',
  1,
  (identity: IdentityRef, byAdministrator: boolean) => ({
    aggregate: { type: 'identity', id: identity.id },
    payload: { ...payloadOf(identity), byAdministrator },
  }),
);
export const identityVerified = defineEvent('identity.verified', 1, about);
/** `gaveWay`: nobody removed it; somebody else has proved, or claimed, what this user only claimed. */
export const identityRemoved = defineEvent(
  'identity.removed',
  1,
  (identity: IdentityRef, how: { readonly wasVerified: boolean; readonly gaveWay: boolean }) => ({
    aggregate: { type: 'identity', id: identity.id },
    payload: { ...payloadOf(identity), wasVerified: how.wasVerified, gaveWay: how.gaveWay },
  }),
);
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

import type { DomainEvent } from '../../platform/events/domain-event.js';
import type { IdentityType } from './identity.entity.js';

/** Types of the events of this file, for who subscribes. */
export const IDENTITY_EVENTS = [
  'identity.added',
  'identity.verified',
  'identity.removed',
  'identity.primary_changed',
] as const;

/** What events tell of an identity: never the address itself. */
export interface IdentityRef {
  readonly id: number;
  readonly userId: number;
  readonly type: IdentityType;
}

const about =
  (type: string) =>
  ({ id, userId, type: kind }: IdentityRef): DomainEvent => ({
    type,
    version: 1,
    aggregate: { type: 'identity', id },
    payload: { id, userId, type: kind },
  });

export const identityAdded = about('identity.added');
export const identityVerified = about('identity.verified');
export const identityRemoved = about('identity.removed');
export const identityPrimaryChanged = about('identity.primary_changed');

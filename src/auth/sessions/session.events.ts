import { defineEvent } from '../../platform/events/define-event.js';
import { inParts } from '../../platform/events/domain-event.js';
import type { RevokeReason } from './session.entity.js';

/** Sessions of one user have ended. */
export const sessionRevoked = defineEvent(
  'session.revoked',
  1,
  (userId: number, sessionIds: readonly number[], reason: RevokeReason) => ({
    aggregate: { type: 'user', id: userId },
    payload: { userId, sessionIds, reason },
  }),
);

/** Of very many, in several events. */
export const sessionsRevoked = (userId: number, sessionIds: readonly number[], reason: RevokeReason) =>
  inParts(sessionIds, (part) => sessionRevoked(userId, part, reason));

import { inParts } from '../../platform/events/domain-event.js';
import type { RevokeReason } from './session.entity.js';

/** Types of the events of this file, for who subscribes. */
export const SESSION_EVENTS = ['session.revoked'] as const;

/** Sessions of one user have ended; of very many, in several events. */
export const sessionsRevoked = (userId: number, sessionIds: readonly number[], reason: RevokeReason) =>
  inParts(sessionIds, (part) => ({
    type: 'session.revoked',
    version: 1,
    aggregate: { type: 'user', id: userId },
    payload: { userId, sessionIds: part, reason },
  }));

import type { DomainEvent } from '../../platform/events/outbox.js';
import type { RevokeReason } from './session.entity.js';

/** Sessions of one user have ended. */
export const sessionsRevoked = (
  userId: number,
  sessionIds: readonly number[],
  reason: RevokeReason,
): DomainEvent => ({
  type: 'session.revoked',
  version: 1,
  aggregate: { type: 'user', id: userId },
  payload: { userId, sessionIds, reason },
});

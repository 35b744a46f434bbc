import { defineEvent } from '../../platform/events/define-event.js';

/** A user has a new password, whether it was changed, recovered or set for the first time. */
export const passwordChanged = defineEvent('user.password_changed', 1, (id: number) => ({
  aggregate: { type: 'user', id },
  payload: { id },
}));

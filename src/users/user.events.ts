import { defineEvent } from '../platform/events/define-event.js';
import type { User } from './user.entity.js';
import type { Shown } from './user.response.js';

const aggregate = (id: number) => ({ type: 'user', id });
const onlyId = (id: number) => ({ aggregate: aggregate(id), payload: { id } });

export const userCreated = defineEvent('user.created', 1, ({ id, roleId, isActive }: Shown) => ({
  aggregate: aggregate(id),
  payload: { id, roleId, isActive },
}));

/** `changed` names the fields, not their values: a subscriber that needs them reads the user. */
export const userUpdated = defineEvent(
  'user.updated',
  1,
  ({ id, roleId, isActive }: User, changed: readonly string[]) => ({
    aggregate: aggregate(id),
    payload: { id, roleId, isActive, changed },
  }),
);

export const userDisabled = defineEvent('user.disabled', 1, ({ id }: User) => onlyId(id));
export const userDeleted = defineEvent('user.deleted', 1, onlyId);
export const userRestored = defineEvent('user.restored', 1, onlyId);
export const userPasswordResetStarted = defineEvent('user.password_reset_started', 1, onlyId);
export const userUnlocked = defineEvent('user.unlocked', 1, onlyId);

/** Who the user was is forgotten here, and is to be forgotten by whoever has kept it. */
export const userPurged = defineEvent('user.purged', 1, onlyId);

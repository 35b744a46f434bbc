import { defineEvent } from '../platform/events/define-event.js';
import type { Privilege } from './privilege.entity.js';

const about = ({ id, name }: Privilege) => ({
  aggregate: { type: 'privilege', id },
  payload: { id, name },
});

export const privilegeCreated = defineEvent('privilege.created', 1, about);
export const privilegeUpdated = defineEvent('privilege.updated', 1, about);
export const privilegeDeleted = defineEvent('privilege.deleted', 1, about);

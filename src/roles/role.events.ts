import { defineEvent } from '../platform/events/define-event.js';
import { inParts } from '../platform/events/domain-event.js';
import type { Role } from './role.entity.js';

const aggregate = (id: number) => ({ type: 'role', id });
const named = ({ id, name }: Role) => ({ aggregate: aggregate(id), payload: { id, name } });

export const roleCreated = defineEvent('role.created', 1, named);
export const roleUpdated = defineEvent('role.updated', 1, named);
export const roleDeleted = defineEvent('role.deleted', 1, named);

export const rolePrivilegesChanged = defineEvent(
  'role.privileges_changed',
  1,
  (id: number, granted: readonly string[], revoked: readonly string[]) => ({
    aggregate: aggregate(id),
    payload: { id, granted, revoked },
  }),
);

/** Of very many privileges, in several events. */
export function changesOfPrivileges(roleId: number, granted: readonly string[], revoked: readonly string[]) {
  const changes = [
    ...revoked.map((name) => ({ name, isGranted: false })),
    ...granted.map((name) => ({ name, isGranted: true })),
  ];
  const names = (part: typeof changes) => part.map(({ name }) => name);
  return inParts(changes, (part) =>
    rolePrivilegesChanged(
      roleId,
      names(part.filter(({ isGranted }) => isGranted)),
      names(part.filter(({ isGranted }) => !isGranted)),
    ),
  );
}

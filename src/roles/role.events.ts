import { type DomainEvent, inParts } from '../platform/events/domain-event.js';
import type { Role } from './role.entity.js';

/** Types of the events of this file, for who subscribes. */
export const ROLE_EVENTS = [
  'role.created',
  'role.updated',
  'role.deleted',
  'role.privileges_changed',
] as const;

const aggregate = (id: number) => ({ type: 'role', id });

export const roleCreated = (role: Role): DomainEvent => ({
  type: 'role.created',
  version: 1,
  aggregate: aggregate(role.id),
  payload: { id: role.id, name: role.name },
});

export const roleUpdated = (role: Role): DomainEvent => ({
  type: 'role.updated',
  version: 1,
  aggregate: aggregate(role.id),
  payload: { id: role.id, name: role.name },
});

export const roleDeleted = (role: Role): DomainEvent => ({
  type: 'role.deleted',
  version: 1,
  aggregate: aggregate(role.id),
  payload: { id: role.id, name: role.name },
});

/** Of very many privileges, in several events. */
export const rolePrivilegesChanged = (
  roleId: number,
  granted: readonly string[],
  revoked: readonly string[],
) => {
  const changes = [
    ...revoked.map((name) => ({ name, isGranted: false })),
    ...granted.map((name) => ({ name, isGranted: true })),
  ];
  const names = (part: typeof changes) => part.map(({ name }) => name);
  return inParts(changes, (part) => ({
    type: 'role.privileges_changed',
    version: 1,
    aggregate: aggregate(roleId),
    payload: {
      id: roleId,
      granted: names(part.filter(({ isGranted }) => isGranted)),
      revoked: names(part.filter(({ isGranted }) => !isGranted)),
    },
  }));
};

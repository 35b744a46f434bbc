import { defineError } from '../common/app-error.js';

export class RoleNotFound extends defineError({
  code: 'role_not_found',
  status: 404,
  title: 'There is no such role.',
}) {}

export class RoleNameTaken extends defineError({
  code: 'role_name_taken',
  status: 409,
  title: 'Another role has this name, or one that reads like it.',
}) {}

export class RoleInUse extends defineError({
  code: 'role_in_use',
  status: 409,
  title: 'Users have this role. Give them another one first.',
}) {}

export class SystemRole extends defineError({
  code: 'system_role',
  status: 409,
  title:
    'This role belongs to the service: it can be neither renamed nor deleted, and SuperAdmin always holds every privilege.',
}) {}

export class UnknownRole extends defineError({
  code: 'unknown_role',
  status: 422,
  title: 'The request names a role that does not exist.',
}) {}

export class UnknownPrivilege extends defineError({
  code: 'unknown_privilege',
  status: 422,
  title: 'The request names a privilege that does not exist.',
}) {}

export class PrivilegeNotHeld extends defineError({
  code: 'privilege_not_held',
  status: 403,
  title: 'You can only give what you hold: this takes a privilege your role lacks.',
}) {}

export class OwnRole extends defineError({
  code: 'own_role',
  status: 403,
  title: 'Nobody changes their own role.',
}) {}

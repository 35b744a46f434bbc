import { defineError } from '../common/app-error.js';

export class PrivilegeNotFound extends defineError({
  code: 'privilege_not_found',
  status: 404,
  title: 'There is no such privilege.',
}) {}

export class PrivilegeNameTaken extends defineError({
  code: 'privilege_name_taken',
  status: 409,
  title: 'Another privilege has this name.',
}) {}

export class PrivilegeInUse extends defineError({
  code: 'privilege_in_use',
  status: 409,
  title: 'Roles hold this privilege: it cannot be renamed. Take it from them first, or create another.',
}) {}

export class PrivilegeProtected extends defineError({
  code: 'privilege_protected',
  status: 409,
  title: 'The service itself checks this privilege: it cannot be changed or deleted.',
}) {}

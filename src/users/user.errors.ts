import { defineError } from '../common/app-error.js';

export class UserNotFound extends defineError({
  code: 'user_not_found',
  status: 404,
  title: 'There is no such user.',
}) {}

export class OwnRoleOrState extends defineError({
  code: 'own_role_or_state',
  status: 403,
  title: 'Nobody changes their own role or state. Ask another administrator.',
}) {}

export class LastSuperAdmin extends defineError({
  code: 'last_super_admin',
  status: 409,
  title: 'This is the last active SuperAdmin. Make another user SuperAdmin first.',
}) {}

export class UserNotDeleted extends defineError({
  code: 'user_not_deleted',
  status: 409,
  title: 'This user is not deleted.',
}) {}

export class NoContact extends defineError({
  code: 'no_contact',
  status: 409,
  title: 'This user has no e-mail address or mobile number to write to.',
}) {}

export class UsernameTaken extends defineError({
  code: 'username_taken',
  status: 409,
  title: 'Another user has this username.',
}) {}

export class RegistrationDisabled extends defineError({
  code: 'registration_disabled',
  status: 403,
  title: 'People cannot make accounts of their own here. Ask an administrator for an invitation.',
}) {}

export class OAuthLinkRequired extends defineError({
  code: 'oauth_link_required',
  status: 409,
  title: 'There is an account with this e-mail address already. Sign in to it, then link the provider.',
}) {}

import { declarePrivileges } from '../access/privilege.js';

export const usersPrivileges = declarePrivileges('users', {
  read: 'See users and what they may do',
  create: 'Create and invite users',
  update: 'Change profiles, roles and states of users, start password resets',
  delete: 'Delete users',
  restore: 'Bring deleted users back',
  unlock: 'End locks for wrong passwords',
});

export const accessPrivileges = declarePrivileges('access', {
  check: 'Ask what other users may do',
});

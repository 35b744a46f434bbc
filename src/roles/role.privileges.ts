import { declarePrivileges } from '../access/privilege.js';

export const rolesPrivileges = declarePrivileges('roles', {
  read: 'See roles and the privileges they hold',
  create: 'Create roles',
  update: 'Rename and describe roles',
  delete: 'Delete roles',
  grant: 'Grant privileges to roles and take them away',
});

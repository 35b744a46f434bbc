import { declarePrivileges } from '../access/privilege.js';

export const privilegesPrivileges = declarePrivileges('privileges', {
  read: 'See the privileges',
  create: 'Create privileges',
  update: 'Rename and describe privileges',
  delete: 'Delete privileges',
});

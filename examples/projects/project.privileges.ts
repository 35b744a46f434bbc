import { declarePrivileges } from '../../src/access/privilege.js';

export const projectsPrivileges = declarePrivileges('projects', {
  read: 'List and read projects',
  create: 'Create projects',
  update: 'Change projects',
  delete: 'Delete projects',
});

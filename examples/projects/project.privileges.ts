import { declarePrivileges } from '../../src/access/privilege.js';

export const projectsPrivileges = declarePrivileges('projects', {
  read: 'See projects',
  create: 'Create projects',
});

import { defineFeature } from '../access/feature.js';
import { RolePrivilege } from './role-privilege.entity.js';
import { Role } from './role.entity.js';
import { ROLE_EVENTS } from './role.events.js';
import { rolesPrivileges } from './role.privileges.js';
import { RolesModule } from './roles.module.js';

export const rolesFeature = defineFeature({
  name: 'roles',
  uses: ['privileges'],
  tags: ['Roles'],
  module: () => RolesModule,
  entities: [Role, RolePrivilege],
  privileges: Object.values(rolesPrivileges),
  events: ROLE_EVENTS,
});

import { defineFeature } from '../access/feature.js';
import { eventsOf } from '../platform/events/define-event.js';
import { RolePrivilege } from './role-privilege.entity.js';
import { Role } from './role.entity.js';
import * as roleEvents from './role.events.js';
import { rolesPrivileges } from './role.privileges.js';
import { RolesModule } from './roles.module.js';

export const rolesFeature = defineFeature({
  name: 'roles',
  uses: ['privileges'],
  tags: { Roles: 'Sets of privileges; every user has one.' },
  module: () => RolesModule,
  entities: [Role, RolePrivilege],
  privileges: Object.values(rolesPrivileges),
  events: eventsOf(roleEvents),
});

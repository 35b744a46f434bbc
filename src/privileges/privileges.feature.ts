import { defineFeature } from '../access/feature.js';
import { eventsOf } from '../platform/events/define-event.js';
import { PrivilegeChangeLocks1767600070000 } from '../../migrations/users/1767600070000-privilege-change-locks.js';
import { PrivilegesInUse1767398460000 } from '../../migrations/users/1767398460000-privileges-in-use.js';
import { Privilege } from './privilege.entity.js';
import * as privilegeEvents from './privilege.events.js';
import { privilegesPrivileges } from './privilege.privileges.js';
import { PrivilegesModule } from './privileges.module.js';

export const privilegesFeature = defineFeature({
  name: 'privileges',
  tags: { Privileges: 'What there is to be allowed.' },
  module: ({ privileges }) => PrivilegesModule.register(privileges),
  entities: [Privilege],
  migrations: [PrivilegesInUse1767398460000, PrivilegeChangeLocks1767600070000],
  privileges: Object.values(privilegesPrivileges),
  events: eventsOf(privilegeEvents),
});

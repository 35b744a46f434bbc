import { defineFeature } from '../../src/access/feature.js';
import { eventsOf } from '../../src/platform/events/define-event.js';
import { AddProjects1767700000000 } from './1767700000000-add-projects.js';
import { Project } from './project.entity.js';
import * as projectEvents from './project.events.js';
import { projectsPrivileges } from './project.privileges.js';
import { ProjectsModule } from './projects.module.js';

export const projectsFeature = defineFeature({
  name: 'projects',

  tags: { Projects: 'Projects: made, read, changed and deleted.' },
  module: () => ProjectsModule,
  entities: [Project],
  migrations: [AddProjects1767700000000],
  privileges: Object.values(projectsPrivileges),
  events: eventsOf(projectEvents),
});

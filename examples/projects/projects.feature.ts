import { defineFeature } from '../../src/access/feature.js';
import { eventsOf } from '../../src/platform/events/define-event.js';
import { AddProjects1767700000000 } from './1767700000000-add-projects.js';
import { Project } from './project.entity.js';
import * as projectEvents from './project.events.js';
import { projectsPrivileges } from './project.privileges.js';
import { ProjectsModule } from './projects.module.js';

/** A noun of a team's own: one folder, and one line in the list of features (CONTRIBUTING.md). */
export const projectsFeature = defineFeature({
  name: 'projects',
  tags: { Projects: 'What teams work on.' },
  module: () => ProjectsModule,
  entities: [Project],
  migrations: [AddProjects1767700000000],
  privileges: Object.values(projectsPrivileges),
  events: eventsOf(projectEvents),
});

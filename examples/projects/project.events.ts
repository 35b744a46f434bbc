import { defineEvent } from '../../src/platform/events/define-event.js';
import type { Project } from './project.entity.js';

const about = (project: Project) => ({
  aggregate: { type: 'project', id: project.id },
  payload: { id: project.id, name: project.name },
});

export const projectCreated = defineEvent('project.created', 1, about);
export const projectUpdated = defineEvent('project.updated', 1, about);
export const projectDeleted = defineEvent('project.deleted', 1, about);

import { defineEvent } from '../../src/platform/events/define-event.js';
import type { Project } from './project.entity.js';

export const projectCreated = defineEvent('project.created', 1, ({ id, name }: Project) => ({
  aggregate: { type: 'project', id },
  payload: { id, name },
}));

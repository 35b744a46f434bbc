import type { DomainEvent } from '../../src/platform/events/domain-event.js';
import type { Project } from './project.entity.js';

export const PROJECT_EVENTS = ['project.created'] as const;

export const projectCreated = ({ id, name }: Project): DomainEvent => ({
  type: 'project.created',
  version: 1,
  aggregate: { type: 'project', id },
  payload: { id, name },
});

import { defineError } from '../../src/common/app-error.js';

export class ProjectNotFound extends defineError({
  code: 'project_not_found',
  status: 404,
  title: 'There is no such project.',
}) {}

export class ProjectNameTaken extends defineError({
  code: 'project_name_taken',
  status: 409,
  title: 'Another project has this name.',
}) {}

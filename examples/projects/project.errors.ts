import { defineError } from '../../src/common/app-error.js';

export class ProjectNameTaken extends defineError({
  code: 'project_name_taken',
  status: 409,
  title: 'Another project has this name.',
}) {}

import { defineError } from '../common/app-error.js';

export class LocalOnly extends defineError({
  code: 'local_only',
  status: 403,
  title: 'Only this machine may look here, at localhost and past any proxy.',
}) {}

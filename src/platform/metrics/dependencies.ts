import { gauge } from './instruments.js';

export const dependencies = gauge(
  'gatehouse_dependency_up',
  '1 while it can be used, else 0; of those that are configured',
  ['dependency'],
);

import { defineFeature } from '../access/feature.js';
import { HealthModule } from './health.module.js';

export const healthFeature = defineFeature({ name: 'health', tags: ['Health'], module: () => HealthModule });

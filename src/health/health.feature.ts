import { defineFeature } from '../access/feature.js';
import { HealthModule } from './health.module.js';

export const healthFeature = defineFeature({
  name: 'health',
  tags: { Health: 'Probes for whoever starts, stops and routes to the service.' },
  module: () => HealthModule,
});

import { defineFeature } from '../access/feature.js';
import { WebModule } from './web.module.js';

export const webFeature = defineFeature({
  name: 'web',
  tags: { Meta: 'About the service itself.' },
  module: ({ isProduction }) => WebModule.register(isProduction),
  unprefixed: ['/', 'dev/mailbox'],
});

import { type INestApplication, VersioningType } from '@nestjs/common';
import type { ProcessDefinition } from './process.js';

/** Everything is at `/api/v1`, but for what a process has elsewhere. */
export function setPaths(app: INestApplication, { unprefixed }: ProcessDefinition): void {
  app.setGlobalPrefix('api', { exclude: [...unprefixed] });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
}

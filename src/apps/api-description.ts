import type { ApiDescription } from '../platform/http/openapi.js';
import type { ProcessDefinition } from './process.js';

/** What the OpenAPI document says of the whole API of a process, which is at `baseUrl`. */
export function describeApi({ tags }: ProcessDefinition, baseUrl: string): ApiDescription {
  return {
    title: 'Gatehouse',
    description: 'Users, roles and privileges; sign-in and tokens. Errors are problem+json (RFC 9457).',
    tags,
    baseUrl,
    tokenPath: '/api/v1/auth/login',
  };
}

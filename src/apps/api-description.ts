import type { ApiDescription } from '../platform/http/openapi.js';

/** What the OpenAPI document says of the whole API, which is at `baseUrl`. */
export function describeApi(baseUrl: string): ApiDescription {
  return {
    title: 'Gatehouse',
    description: 'Users, roles and privileges; sign-in and tokens. Errors are problem+json (RFC 9457).',
    tags: ['Auth', 'Own account', 'Users', 'Roles', 'Privileges', 'Access', 'Health', 'Meta'],
    baseUrl,
    tokenPath: '/api/v1/auth/login',
  };
}

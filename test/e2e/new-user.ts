import type { ApiResponse } from '../support/api.js';
import type { TestApp } from '../support/app.js';
import type { User } from './shapes.js';

/** Asks for a user with a first name, the role User and an e-mail address, and whatever `fields` change of it. */
export async function createUser<Body = User>(
  service: TestApp,
  token: string,
  fields: object = {},
): Promise<ApiResponse<Body>> {
  const roleId = await service.factory.roleId('User');
  return service.api.post<Body>('/users', {
    token,
    body: { firstName: 'Ada', roleId, email: service.factory.email(), ...fields },
  });
}

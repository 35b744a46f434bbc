import type { TestApp } from '../support/app.js';

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** The three tests every protected route begins with. `lacking` holds every privilege but the one it needs. */
export function refusesStrangers(service: () => TestApp, route: Route, privilege?: string): void {
  const { method, path, body } = route;

  it('S63: answers 401 without a token', async () => {
    const response = await service().api.call<{ code: string }>(method, path, {
      body,
    });
    expect(response.status).toBe(401);
    expect(response.body.code).toBe('authentication_required');
    expect(response.headers['www-authenticate']).toBe('Bearer');
  });

  it('S63: answers 401 to a bad token', async () => {
    const response = await service().api.call<{ code: string }>(method, path, {
      body,
      token: 'bad.token.x',
    });
    expect(response.status).toBe(401);
    expect(response.body.code).toBe('invalid_access_token');
    expect(response.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
  });

  if (privilege === undefined) return;
  it(`S63: answers 403 to a user who holds everything but ${privilege}`, async () => {
    const { api, factory } = service();
    const user = await factory.userWithAllBut(privilege);
    const response = await api.call<{ code: string; detail: string }>(method, path, {
      body,
      token: user.token,
    });
    expect(response.status).toBe(403);
    expect(response.body.code).toBe('privilege_required');
    expect(response.body.detail).toContain(privilege);
  });
}

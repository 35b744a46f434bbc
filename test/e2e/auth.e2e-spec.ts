import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD } from '../support/factory.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

describe('POST /auth/login', () => {
  it('answers an access token to the right password', async () => {
    const user = await service.factory.user({ signIn: false });
    const response = await service.api.post<{ token_type: string; expires_in: number }>('/auth/login', {
      body: { username: user.email, password: PASSWORD },
    });
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ token_type: 'Bearer', expires_in: 900 });
    expect(response.headers['cache-control']).toBe('no-store');
  });
});

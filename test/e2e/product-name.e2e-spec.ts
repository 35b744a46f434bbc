import { startApp, type TestApp } from '../support/app.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { PRODUCT_NAME: 'Käse & Co' } });
});
afterAll(() => service.close());

const get = async (path: string) => (await service.api.call('GET', `/${path}`)).text;

describe('PRODUCT_NAME', () => {
  it('is what pages for people are called', async () => {
    expect(await get('/recovery')).toMatch(/<title>[^<]+ – Käse &#38; Co<\/title>/);
  });

  it('is the title of the API, and of its pages', async () => {
    expect(JSON.parse(await get('/docs-json'))).toMatchObject({ info: { title: 'Käse & Co' } });
    for (const path of ['/docs', '/docs/', '/redoc'])
      expect(await get(path)).toContain('<title>Käse &#38; Co API</title>');
  });

  it('is what messages call the service', async () => {
    const { email } = await service.factory.user({ signIn: false });
    await service.api.post('/auth/password/forgot', { body: { identifier: email } });
    const { text } = await service.messageTo(email);
    expect(text).toContain('Käse & Co');
    expect(text).not.toContain('Gatehouse');
  });
});

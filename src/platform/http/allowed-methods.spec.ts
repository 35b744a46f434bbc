import fastify, { type FastifyInstance } from 'fastify';
import { refuseOtherMethods } from './allowed-methods.js';

let server: FastifyInstance;

beforeAll(async () => {
  server = fastify();
  server.addHook('onRequest', refuseOtherMethods(server));
  const answer = () => 'served';
  server.get('/users', answer);
  server.post('/users', answer);
  server.get('/users/:id', answer);
  server.delete('/users/:id/sessions/:sessionId', answer);
  server.get('/.well-known/jwks.json', answer);
  server.get('/docs/*', answer);
  // As CORS does: it takes preflights to everywhere.
  server.options('*', answer);
  await server.ready();
});
afterAll(() => server.close());

const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH', url: string) => {
  const { statusCode, headers } = await server.inject({ method, url });
  return [statusCode, headers.allow];
};

describe('S81: a method no route of an address takes', () => {
  it.each([
    ['DELETE', '/users', 'GET, HEAD, POST'],
    ['PUT', '/users?limit=1', 'GET, HEAD, POST'],
    ['POST', '/users/7', 'GET, HEAD'],
    ['GET', '/users/7/sessions/8', 'DELETE'],
    ['POST', '/.well-known/jwks.json', 'GET, HEAD'],
    ['PATCH', '/docs/a/b', 'GET, HEAD'],
  ] as const)('is answered 405, with those it takes: %s %s', async (method, url, allow) => {
    expect(await ask(method, url)).toEqual([405, allow]);
  });

  it.each(['/nothing', '/users/7/nothing', '/users/7/sessions', '/xwell-known/jwks.json', '/'])(
    'is answered 404 where there is no such address: %s',
    async (url) => {
      expect(await ask('PUT', url)).toEqual([404, undefined]);
      expect(await ask('GET', url)).toEqual([404, undefined]);
    },
  );

  it('does not stand in the way of those it takes', async () => {
    expect(await ask('GET', '/users')).toEqual([200, undefined]);
    expect(await ask('POST', '/users')).toEqual([200, undefined]);
    expect(await ask('GET', '/docs/a/b')).toEqual([200, undefined]);
  });
});

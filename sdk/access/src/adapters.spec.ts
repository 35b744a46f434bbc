import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import Fastify from 'fastify';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeGatehouse } from '../test/fake-gatehouse.js';
import { type Access, createAccess } from './access.js';
import type { Caller } from './caller.js';
import { authenticated, callerOf, requirePrivileges } from './express.js';
import { accessPlugin } from './fastify.js';
import { Authenticated, CurrentCaller, provideAccess, Public, RequirePrivileges } from './nest.js';

@Controller()
class InvoicesController {
  @Get('invoices')
  @RequirePrivileges('invoices.read')
  list(@CurrentCaller() caller: Caller) {
    return { caller: caller.userId };
  }

  @Get('me')
  @Authenticated()
  me(@CurrentCaller() caller: Caller) {
    return { caller: caller.userId };
  }

  @Get('status')
  @Public()
  status() {
    return {};
  }

  @Get('forgotten')
  forgotten() {
    return {};
  }
}

/** Serves the four routes; answers where, and how to stop. */
type Start = (access: Access) => Promise<{ url: string; close: () => Promise<unknown> }>;

/** Answers errors as Nest's adapter of Express does, which takes no other type for them than JSON. */
class ExpressLikeAdapter extends FastifyAdapter {
  override reply(
    ...[response, body, status]: Parameters<FastifyAdapter['reply']>
  ): ReturnType<FastifyAdapter['reply']> {
    if ((status ?? 200) >= 400 && 'header' in response)
      void response.header('Content-Type', 'application/json');
    return super.reply(response, body, status);
  }
}

const startNest: Start = async (access) => {
  @Module({ controllers: [InvoicesController], providers: provideAccess(access) })
  class AppModule {}
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new ExpressLikeAdapter(), {
    logger: false,
  });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
};

const startFastify: Start = async (access) => {
  const app = Fastify();
  await app.register(accessPlugin, { access });
  const caller = (request: object) => ({ caller: callerOf(request).userId });
  app.get('/invoices', { config: { access: ['invoices.read'] } }, async (request) => caller(request));
  app.get('/me', { config: { access: 'authenticated' } }, async (request) => caller(request));
  app.get('/status', { config: { access: 'public' } }, async () => ({}));
  app.get('/forgotten', async () => ({}));
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() };
};

/** As Express calls them: one after another. A route that names no middleware is nobody's business there. */
const startExpress: Start = async (access) => {
  const routes = {
    '/invoices': requirePrivileges(access, 'invoices.read'),
    '/me': authenticated(access),
  };
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    response.writeHead(200).end(JSON.stringify({ caller: callerOf(request).userId }));
  const server: Server = createServer((request, response) => {
    const guard = routes[request.url as keyof typeof routes];
    void guard(request, response, (error) =>
      error ? response.writeHead(500).end() : answer(request, response),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: async () => server.close() };
};

const STARTS: [string, Start][] = [
  ['Nest', startNest],
  ['Fastify', startFastify],
  ['Express', startExpress],
];

describe.each(STARTS)('%s', (name, start) => {
  let gatehouse: FakeGatehouse;
  let running: Awaited<ReturnType<Start>>;
  beforeAll(async () => {
    gatehouse = await FakeGatehouse.start();
    gatehouse.privileges.set(42, new Set(['invoices.read']));
    running = await start(createAccess(gatehouse.options));
  });
  afterAll(() => running.close());

  const get = (path: string, token?: string) =>
    fetch(running.url + path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

  it('lets in who may, and says who it is', async () => {
    const token = await gatehouse.token();
    for (const path of ['/invoices', '/me']) {
      const response = await get(path, token);
      expect([response.status, await response.json()]).toEqual([200, { caller: 42 }]);
    }
  });

  it.each([
    [
      'without a token',
      async () => undefined,
      401,
      'authentication_required',
      { 'www-authenticate': 'Bearer' },
    ],
    [
      'with a token that is none',
      async () => 'forged',
      401,
      'invalid_access_token',
      { 'www-authenticate': 'Bearer error="invalid_token"' },
    ],
    ['without the privilege', () => gatehouse.tokenOf(43), 403, 'privilege_required', {}],
  ])('refuses a request %s', async (_, token, status, code, headers) => {
    const response = await get('/invoices', await token());
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(Object.fromEntries(response.headers)).toMatchObject(headers);
    expect(await response.json()).toEqual({
      type: `urn:gatehouse:error:${code}`,
      title: expect.any(String),
      status,
      detail: expect.any(String),
      code,
    });
  });

  it('answers 503 and when to try again while nobody knows', async () => {
    const token = await gatehouse.token();
    gatehouse.fault = () => Promise.reject(new TypeError('fetch failed'));
    const response = await get('/invoices', token);
    gatehouse.fault = undefined;
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toMatchObject({ code: 'service_unavailable' });
  });

  if (name === 'Express') return;

  it('asks nothing of who calls what is public', async () => {
    expect((await get('/status')).status).toBe(200);
  });

  it('closes a route that does not say what it needs', async () => {
    expect((await get('/forgotten')).status).toBe(401);
    const response = await get('/forgotten', await gatehouse.token());
    expect([response.status, await response.json()]).toMatchObject([403, { code: 'privilege_required' }]);
  });

  it('leaves it to the app to say that there is no such route', async () => {
    expect((await get('/nowhere')).status).toBe(404);
  });
});

describe('a rule that would let in more than was meant', () => {
  it.each([[[]], [['']], ['Public'], [['Invoices Read']]])(
    'is an error where it is written: %j',
    async (rule) => {
      const app = Fastify();
      await app.register(accessPlugin, { access: createAccess((await FakeGatehouse.start()).options) });
      expect(() => app.get('/', { config: { access: rule as 'public' } }, async () => ({}))).toThrow(
        TypeError,
      );
      await app.close();
    },
  );

  it.each([[[]], [['']], [['Invoices Read']]])(
    'is one in a decorator and a middleware: %j',
    async (names) => {
      const privileges = names as unknown as [string];
      const access = createAccess((await FakeGatehouse.start()).options);
      expect(() => RequirePrivileges(...privileges)).toThrow(TypeError);
      expect(() => requirePrivileges(access, ...privileges)).toThrow(TypeError);
    },
  );

  it('is one in a route that was there before, too', async () => {
    const gatehouse = await FakeGatehouse.start();
    const app = Fastify();
    app.get('/', { config: { access: [] as unknown as 'public' } }, async () => ({}));
    await app.register(accessPlugin, { access: createAccess(gatehouse.options) });
    const headers = { authorization: `Bearer ${await gatehouse.token()}` };
    expect((await app.inject({ url: '/', headers })).statusCode).toBe(500);
    await app.close();
  });
});

// The floor of P3: node:http, and bare Fastify beside it; both answer what the service answers, from memory.
import { createServer } from 'node:http';
import Fastify from 'fastify';

const BODY = {
  status: 'ok',
  info: { database: { status: 'up' } },
  error: {},
  details: { database: { status: 'up' } },
};

async function listenBare() {
  const server = createServer((request, response) => {
    const body = JSON.stringify(BODY);
    const type = 'application/json; charset=utf-8';
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server.address().port;
}

async function listenFastify() {
  const app = Fastify();
  app.get('/api/v1/health', async () => BODY);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server.address().port;
}

const port = await (process.env.WITH === 'fastify' ? listenFastify() : listenBare());
process.on('disconnect', () => process.exit(1));
process.send({ port });

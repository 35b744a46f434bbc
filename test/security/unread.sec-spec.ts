import { connect, type Socket } from 'node:net';
import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServiceProcess } from '../support/service-process.js';

const CONNECTIONS = 40;
const REQUESTS = 400;
const MEGABYTE = 2 ** 20;

let service: Awaited<ReturnType<typeof ServiceProcess.start>>;
const open: Socket[] = [];
beforeAll(async () => {
  service = await ServiceProcess.start({ DATABASE_URL: await cloneDatabase(), WORKER: 'off' });
}, 60_000);
afterEach(() => open.splice(0).forEach((socket) => socket.destroy()));
afterAll(() => service.process.kill());

/** A client that sends and does not read. */
function send(data: string): Socket {
  const { hostname, port } = new URL(service.api.base);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  socket.pause().write(data);
  open.push(socket);
  return socket;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('A7, S104: answers that nobody reads', () => {
  it.each(['/docs-json', '/docs/swagger-ui-bundle.js', '/api/v1/users/me', '/nowhere'])(
    'cost bounded memory, and nobody else the service: 40 connections with 400 requests each for %s',
    async (path) => {
      const flood = async () => {
        let most = service.process.memory();
        for (let index = 0; index < CONNECTIONS; index += 1) send(get(path).repeat(REQUESTS));
        for (let times = 0; times < 30; times += 1) {
          expect((await service.api.get('/health/live')).status).toBe(200);
          most = Math.max(most, service.process.memory());
        }
        open.splice(0).forEach((socket) => socket.destroy());
        return most;
      };
      // Made, compiled, and grown to what such a load takes before anything is measured: the start has given it back.
      for (let times = 0; times < 20; times += 1) await service.api.get(`/${path}`);
      await flood();
      const before = service.process.memory();
      const most = await flood();
      expect((most - before) / MEGABYTE).toBeLessThan(100);
    },
    60_000,
  );

  it('end the connection of whoever sends more than 32 requests ahead', async () => {
    const socket = send(get('/docs-json').repeat(33));
    await eventually(() => socket.resume().destroyed, 10_000);
  });

  it('a client that sends 32 requests ahead and reads gets every answer', async () => {
    let text = '';
    const socket = send(get('/api/v1/health/live').repeat(32));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString())).resume();
    await eventually(() => text.match(/HTTP\/1\.1 200 OK/g)?.length === 32, 10_000);
  });
});

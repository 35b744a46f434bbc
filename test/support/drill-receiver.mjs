import { once } from 'node:events';
import { createServer } from 'node:http';

/** A receiver of webhooks: notes when each message came first (`at`, by id), and answers unless `isHanging`. */
export async function startReceiver(rig, isHanging) {
  const receiver = { isHanging, at: new Map() };
  const server = createServer((request, response) => {
    if (!receiver.isHanging) {
      const id = request.headers['webhook-id'];
      if (!receiver.at.has(id)) receiver.at.set(id, Date.now());
    }
    request.resume();
    request.on('end', () => receiver.isHanging || response.writeHead(204).end());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  rig.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return Object.assign(receiver, { url: `http://127.0.0.1:${server.address().port}/hook` });
}

import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server, of whatever kind, that can be cut. */
export interface DatabaseProxy {
  /** The server, reached through the proxy. */
  readonly url: string;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  mend(): void;
  /** From now on, on the connections there are, what is asked arrives and what is answered is lost. */
  mute(): void;
  close(): void;
}

export async function proxyTo(databaseUrl: string): Promise<DatabaseProxy> {
  const url = new URL(databaseUrl);
  const { hostname, port } = url;
  const sockets = new Set<Socket>();
  const answers = new Map<Socket, Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    answers.set(far, near);
    far.on('close', () => answers.delete(far));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      // Whichever end goes, the other goes with it.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    mend: () => {
      isCut = false;
    },
    mute: () => {
      for (const [far, near] of answers) far.unpipe(near).resume();
    },
    close: () => {
      cut();
      server.close();
    },
  };
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

type Answer = (response: ServerResponse, request: Received) => void;

const NO_CONTENT: Answer = (response) => response.writeHead(204).end();

/** A receiver of webhooks on this machine: keeps what it gets and answers as told. */
export class Receiver {
  readonly received: Received[] = [];
  /** Whoever has knocked, said something or not. */
  connections = 0;
  answer: Answer = NO_CONTENT;
  /** Most requests that were open at the same time. */
  mostAtOnce = 0;
  private open = 0;

  private constructor(
    private readonly server: Server,
    private readonly scheme: string,
  ) {
    server.on('connection', () => (this.connections += 1));
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.take(request, response),
    );
  }

  static async start(
    options: { host?: string; port?: number; tls?: { key: string; cert: string } } = {},
  ): Promise<Receiver> {
    const { host = '127.0.0.1', port = 0, tls } = options;
    const server = tls ? createTlsServer(tls) : createServer();
    const receiver = new Receiver(server, tls ? 'https' : 'http');
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/hook', host = (this.server.address() as AddressInfo).address): string {
    return `${this.scheme}://${host}:${this.port}${path}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    this.open += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.open);
    response.on('close', () => (this.open -= 1));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const received = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      this.received.push(received);
      this.answer(response, received);
    });
  }
}

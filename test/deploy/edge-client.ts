import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { TLS_CERTIFICATE } from '../support/tls-certificate.js';
import { Nginx } from './nginx.js';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server behind a nginx of its own that writes down what reaches it. */
export class Recorder {
  readonly seen: Seen[] = [];

  private constructor(
    private readonly server: Server,
    private readonly nginx: Nginx,
  ) {}

  static async start(): Promise<Recorder> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const recorder = new Recorder(server, await Nginx.start([(server.address() as AddressInfo).port]));
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        recorder.seen.push({ method, url, headers, body });
        response.end('{}');
      });
    });
    return recorder;
  }

  get port(): number {
    return this.nginx.httpsPort;
  }

  async stop(): Promise<void> {
    await this.nginx.stop();
    this.server.closeAllConnections();
    this.server.close();
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Sent {
  readonly port: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  readonly from?: string;
}

/** A request of its own over TLS, from an address of loopback. */
export function send(
  path: string,
  { method = 'GET', headers = {}, body, port, from = '127.0.0.1' }: Sent,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        path,
        method,
        ca: TLS_CERTIFICATE,
        agent: false,
        localAddress: from,
        headers: { host: 'localhost', ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Bytes as they are, over TLS; what came back until the server closed or nothing came for `patience` ms, and after how long. */
export async function sendBytes(
  data: string,
  { port, patience = 500, from = '127.0.0.1' }: { port: number; patience?: number; from?: string },
) {
  const startedAt = performance.now();
  const socket = connectTls({
    socket: connectTcp({ host: '127.0.0.1', port, localAddress: from }),
    servername: 'localhost',
    ca: TLS_CERTIFICATE,
    ALPNProtocols: ['http/1.1'],
  });
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.setTimeout(patience, () => socket.destroy());
  socket.write(data, 'latin1');
  await new Promise((resolve) => socket.once('close', resolve));
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  return { text, statuses, seconds: (performance.now() - startedAt) / 1000 };
}

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  /** `POST /api/v1/roles` */
  readonly name: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a text. */
  readonly body?: unknown;
  /** Breaks the connection: in place of an answer, or in the middle of it. */
  readonly breaks?: 'before' | 'within';
}

/** Answers what the service does not when it is well. */
export interface ScriptedServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

/** `answer` gets each request; undefined leaves it without an answer. */
export async function scriptedServer(
  answer: (request: SeenRequest, count: number) => ScriptedAnswer | undefined,
): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const path = (incoming.url ?? '').split('?', 1)[0];
      seen.push({
        name: `${incoming.method} ${path}`,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
      });
      const answered = answer(seen[seen.length - 1] as SeenRequest, seen.length);
      if (!answered) return;
      const { status = 200, headers = {}, body, breaks } = answered;
      if (breaks === 'before') {
        incoming.socket.destroy();
        return;
      }
      const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
      const type = status < 400 ? 'application/json' : 'application/problem+json';
      outgoing.writeHead(status, {
        ...(text !== '' && { 'content-type': type }),
        'content-length': Buffer.byteLength(text),
        ...headers,
      });
      if (breaks === 'within') outgoing.write(text.slice(0, 1), () => incoming.socket.destroy());
      else outgoing.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const problem = (status: number, code: string): ScriptedAnswer => ({
  status,
  body: {
    type: `urn:gatehouse:error:${code}`,
    title: code,
    detail: `This is ${code}.`,
    status,
    instance: '/',
    requestId: 'r-1',
    code,
  },
});

export const tokenPair = (name: string) => ({
  access_token: `access-${name}`,
  refresh_token: `refresh-${name}`,
  token_type: 'Bearer',
  expires_in: 900,
});

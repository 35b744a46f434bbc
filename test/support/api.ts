import { Agent, request as httpRequest } from 'node:http';
import { noteSecret, noteSecretsIn } from './canaries.js';

export interface ApiResponse<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: Body;
}

export interface ApiRequest {
  /** Access token. */
  readonly token?: string;
  /** Sent as JSON, unless `raw` is given. */
  readonly body?: unknown;
  readonly raw?: { readonly type?: string; readonly data: string | Buffer };
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

type Check = (method: string, path: string, response: ApiResponse) => void;

/** A small HTTP client: one call, one answer, nothing retried and nothing thrown for a status. */
export class Api {
  private readonly agent = new Agent({ keepAlive: true });
  private check: Check = () => {};

  constructor(readonly base: string) {}

  /** Looks at every answer from now on. */
  onResponse(check: Check): void {
    this.check = check;
  }

  get<Body = Record<string, unknown>>(path: string, request: ApiRequest = {}): Promise<ApiResponse<Body>> {
    return this.call<Body>('GET', path, request);
  }

  post<Body = Record<string, unknown>>(path: string, request: ApiRequest = {}): Promise<ApiResponse<Body>> {
    return this.call<Body>('POST', path, request);
  }

  put<Body = Record<string, unknown>>(path: string, request: ApiRequest = {}): Promise<ApiResponse<Body>> {
    return this.call<Body>('PUT', path, request);
  }

  patch<Body = Record<string, unknown>>(path: string, request: ApiRequest = {}): Promise<ApiResponse<Body>> {
    return this.call<Body>('PATCH', path, request);
  }

  delete<Body = Record<string, unknown>>(path: string, request: ApiRequest = {}): Promise<ApiResponse<Body>> {
    return this.call<Body>('DELETE', path, request);
  }

  /** `path` below `/api/v1`, or from the root when it starts with `//`. Sent as it is, not normalised. */
  call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    { token, body, raw, headers }: ApiRequest = {},
  ): Promise<ApiResponse<Body>> {
    const target = path.startsWith('//') ? path.slice(1) : `/api/v1${path}`;
    const data = raw ? raw.data : body === undefined ? undefined : JSON.stringify(body);
    const type = raw ? raw.type : body === undefined ? undefined : 'application/json';
    const { hostname, port } = new URL(this.base);
    noteSecret(token);
    noteSecretsIn(body, true);
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        {
          hostname,
          port,
          path: target,
          method,
          agent: this.agent,
          headers: {
            ...(data !== undefined && { 'content-length': Buffer.byteLength(data) }),
            ...(type !== undefined && { 'content-type': type }),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...headers,
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = /json/.test(incoming.headers['content-type'] ?? '');
            const response: ApiResponse<Body> = {
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text,
              body: (isJson && text ? JSON.parse(text) : {}) as Body,
            };
            noteSecretsIn(response.body, false);
            try {
              this.check(method, target, response as ApiResponse);
              resolve(response);
            } catch (error) {
              reject(error instanceof Error ? error : new Error(String(error)));
            }
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(data);
    });
  }
}

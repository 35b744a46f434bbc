import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { Page } from '../platform/metrics/exposition.js';
import { ServiceUnavailable } from '../platform/http/http.errors.js';
import { PROBLEM_JSON } from '../platform/http/oauth-errors.js';

/** What a probe can ask: whether the process answers, whether requests should be sent here, whether the start is over. */
export interface Probes {
  live(): HealthCheckResult;
  ready(): Promise<HealthCheckResult>;
  startup(): Promise<HealthCheckResult>;
}

const METRICS = /^\/metrics\/?(?:\?|$)/;
const PATH = /^\/api\/v1\/health(?:\/(live|ready|startup))?\/?(?:\?|$)/;
/** Seconds after which to come again. */
const RETRY_AFTER = '5';

/**
 * Answers the probes, at the addresses of the API, where there is no API: in workers, and while a start waits; and metrics,
 * where it is told to. Everything else is answered 503.
 */
export class ProbeServer {
  private readonly server: Server;

  /** `metrics`: answered at `/metrics`; nowhere without. */
  constructor(
    private readonly probes: Probes,
    private readonly metrics: () => Promise<Page> | null = () => null,
  ) {
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.maxConnections = 100;
  }

  /** @throws what the system says when it cannot listen there */
  async listen(port: number, host: string): Promise<void> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
  }

  /** Where it listens; null while it does not. */
  get port(): number | null {
    return (this.server.address() as AddressInfo | null)?.port ?? null;
  }

  get isListening(): boolean {
    return this.server.listening;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async answer({ url = '', method }: IncomingMessage, response: ServerResponse): Promise<void> {
    const isRead = method === 'GET' || method === 'HEAD';
    const metrics = isRead && METRICS.test(url) ? this.metrics() : null;
    if (metrics) return this.show(await metrics, response);
    const found = PATH.exec(url);
    if (!found || !isRead) {
      response
        .writeHead(503, {
          'content-type': PROBLEM_JSON,
          'retry-after': RETRY_AFTER,
          'cache-control': 'no-store',
        })
        .end(
          JSON.stringify({
            ...ServiceUnavailable.spec,
            type: `urn:gatehouse:error:${ServiceUnavailable.spec.code}`,
          }),
        );
      return;
    }
    const result = await this.ask(found[1]);
    response
      .writeHead(result.status === 'ok' ? 200 : 503, {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
      })
      .end(JSON.stringify(result));
  }

  private show({ type, text }: Page, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
  }

  private async ask(probe: string | undefined): Promise<HealthCheckResult> {
    if (probe === 'live') return this.probes.live();
    return probe === 'startup' ? this.probes.startup() : this.probes.ready();
  }
}

import { isIP, type Socket } from 'node:net';
import { callbackify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { buildConnector, Client } from 'undici';
import { retryAfterOf } from '../../common/retry-after.js';
import { HostResolver } from './host-resolver.js';
import { failureFrom, OutboundRefusal } from './outbound-refusal.js';
import { hostOf, OutboundRules } from './outbound-rules.js';

/** Milliseconds. */
const CONNECT_TIMEOUT = 3_000;
const TOTAL_TIMEOUT = 10_000;
/** For the rest of an answer whose status is known. */
const BODY_TIMEOUT = 1_000;
/** Bytes of an answer. */
const MAX_HEADERS = 16 * 1024;
const MAX_BODY = 64 * 1024;

/** All that is told of an answer. */
export interface OutboundAnswer {
  readonly status: number;
  /** Seconds that `Retry-After` asks to wait; null when there is none that can be read. */
  readonly retryAfter: number | null;
}

export interface OutboundRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Calls addresses that people have set, without being turned against the network it runs in (server-side request
 * forgery): every address a name has is checked at every connection, and the connection goes to the one checked. It
 * follows no redirect, uses no proxy of the environment, keeps no connection, and tells nothing of the answer but the
 * status and when to come again.
 */
@Injectable()
export class OutboundHttp {
  private readonly connector = buildConnector({
    timeout: CONNECT_TIMEOUT,
    allowH2: false,
    maxCachedSessions: 0,
  });

  constructor(
    private readonly rules: OutboundRules,
    private readonly resolver: HostResolver,
  ) {}

  /**
   * The URL in its one spelling, if it may be called as things are now. A name that has no address yet may be.
   * @throws OutboundRefusal
   */
  async validate(value: string): Promise<string> {
    const url = this.rules.parse(value);
    try {
      await this.addressFor(url);
    } catch (error) {
      if (error instanceof OutboundRefusal) throw error;
    }
    return url.href;
  }

  /** Answers the status, whatever it is. @throws OutboundFailure when there is none */
  async post(value: string, { headers, body }: OutboundRequest): Promise<OutboundAnswer> {
    let client: Client | undefined;
    try {
      const url = this.rules.parse(value);
      client = new Client(url.origin, {
        connect: (options, callback) => this.connect(url, options, callback),
        maxHeaderSize: MAX_HEADERS,
      });
      const signal = AbortSignal.timeout(TOTAL_TIMEOUT);
      const path = url.pathname + url.search;
      const answer = await client.request({ method: 'POST', path, headers, body, signal });
      // The status is known, and with it the outcome, however the body goes on.
      const rest = AbortSignal.timeout(BODY_TIMEOUT);
      await answer.body.dump({ limit: MAX_BODY, signal: rest }).catch(() => undefined);
      return { status: answer.statusCode, retryAfter: retryAfterOf(answer.headers['retry-after']) };
    } catch (error) {
      throw failureFrom(error);
    } finally {
      await client?.destroy();
    }
  }

  private connect(url: URL, options: buildConnector.Options, callback: buildConnector.Callback): void {
    callbackify(() => this.open(url, options))((error: Error | null, socket) => {
      if (error) callback(error, null);
      else callback(null, socket);
    });
  }

  private async open(url: URL, options: buildConnector.Options): Promise<Socket> {
    const hostname = await this.addressFor(url);
    const socket = await new Promise<Socket>((resolve, reject) => {
      // undici takes the name of the certificate from `host`, which stays, and connects to `hostname`.
      this.connector({ ...options, hostname }, (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    try {
      this.rules.assertAddress(url, socket.remoteAddress ?? '');
      return socket;
    } catch (refusal) {
      socket.destroy();
      throw refusal;
    }
  }

  /** Where to connect. One address of many that is refused refuses them all. @throws OutboundRefusal, OutboundFailure */
  private async addressFor(url: URL): Promise<string> {
    const host = hostOf(url);
    const addresses = isIP(host) > 0 ? ([host] as const) : await this.resolver.addressesOf(host);
    for (const address of addresses) this.rules.assertAddress(url, address);
    return addresses[0];
  }
}

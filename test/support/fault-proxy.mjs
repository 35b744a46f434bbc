// A TCP proxy that misbehaves on demand: for drills with a database, broker or mail server that is slow, silent or gone.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * What happens to connections, old and new ones, until it is changed:
 * - `pass`: nothing
 * - `latency`: each piece of data arrives `latency` milliseconds later, in both directions
 * - `blackhole`: connections are taken, and whatever is sent is swallowed: nothing answers and nothing ends
 * - `refuse`: connections are reset, open ones and new ones
 * - `cut`: each connection is reset once `bytes` have gone through it, counted from when this began
 */
export class FaultProxy {
  #fault = { kind: 'pass' };
  #pairs = new Set();
  #server;
  #target;
  /** Connections taken so far. */
  connections = 0;

  /** Starts on a free port of loopback. */
  static async start(host, port) {
    const proxy = new FaultProxy();
    proxy.#target = { host, port };
    proxy.#server = createServer({ allowHalfOpen: true }, (near) => proxy.#accept(near));
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port() {
    return this.#server.address().port;
  }

  /** `url` with the proxy in front of its server. */
  static async before(url, defaultPort) {
    const changed = new URL(url);
    const proxy = await FaultProxy.start(changed.hostname, Number(changed.port || defaultPort));
    changed.hostname = '127.0.0.1';
    changed.port = String(proxy.port);
    return { proxy, url: changed.href };
  }

  set(kind, options = {}) {
    const wasBlackhole = this.#fault.kind === 'blackhole';
    this.#fault = { kind, ...options };
    for (const pair of this.#pairs) {
      pair.bytes = 0;
      // What was swallowed is missing in the middle of the conversation: it cannot go on.
      if (kind === 'refuse' || (wasBlackhole && pair.isBroken)) this.#reset(pair);
    }
  }

  /** Where new connections lead from now on; those there are stay where they are. */
  leadTo(host, port) {
    this.#target = { host, port };
  }

  async close() {
    for (const pair of this.#pairs) this.#reset(pair);
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near) {
    this.connections += 1;
    near.setNoDelay(true);
    if (this.#fault.kind === 'refuse') {
      near.on('error', () => undefined);
      near.resetAndDestroy();
      return;
    }
    const far = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    const pair = { near, far, bytes: 0, isBroken: this.#fault.kind === 'blackhole' };
    this.#pairs.add(pair);
    this.#join(pair, near, far);
    this.#join(pair, far, near);
  }

  #join(pair, from, to) {
    from.on('data', (chunk) => this.#forward(pair, to, chunk));
    from.on('end', () => this.#later(() => to.end()));
    from.on('error', () => this.#reset(pair));
    from.on('close', () => this.#reset(pair));
  }

  #forward(pair, to, chunk) {
    const { kind, bytes = 0 } = this.#fault;
    if (kind === 'blackhole') {
      pair.isBroken = true;
      return;
    }
    pair.bytes += chunk.length;
    if (kind === 'cut' && pair.bytes >= bytes) this.#reset(pair);
    else this.#later(() => to.write(chunk));
  }

  /** In order: timers of the same length fire in the order they were set. */
  #later(work) {
    if (this.#fault.kind === 'latency') setTimeout(() => work(), this.#fault.latency);
    else if (this.#fault.kind !== 'blackhole') work();
  }

  #reset(pair) {
    if (!this.#pairs.delete(pair)) return;
    for (const socket of [pair.near, pair.far]) {
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../../test/support/drill-tools.mjs';
import { Connection } from './connection.mjs';

const until = (time) => delay(Math.max(0, time - performance.now()));

/**
 * Load on a program for some seconds, after a warm-up that does not count. Without `rate` the loop is closed: each
 * connection sends when it has been answered, which finds the highest rate. With `rate` it is open: requests are due at the
 * times a clock says, and what finds no free connection waits with its clock running, as users of a slow server do.
 */
export class Load {
  #failed = Promise.withResolvers();
  #drained = Promise.withResolvers();
  #idle = [];
  #waiting = [];
  #latencies = [];
  #busy = 0;
  #isOver = false;
  #from = 0;
  #to = 0;

  constructor(options, clients) {
    this.options = options;
    this.clients = clients;
    // Whether anybody listens at that moment or not.
    this.#failed.promise.catch(() => undefined);
  }

  async run() {
    const connections = this.clients.map((client, index) => this.#connect(client, index));
    try {
      await this.#orFailure(Promise.all(connections.map((connection) => connection.opened())));
      return await this.#orFailure(this.#measure());
    } finally {
      for (const connection of connections) connection.close();
    }
  }

  #connect(client, index) {
    const target = this.options.targets[index % this.options.targets.length];
    client.connection = new Connection(
      target,
      (status, body) => this.#answered(client, status, body),
      (reason) => this.#failed.reject(new Error(reason)),
    );
    return client.connection;
  }

  async #measure() {
    const { rate, warmUp, seconds } = this.options;
    this.#from = performance.now() + warmUp * 1_000;
    this.#to = this.#from + seconds * 1_000;
    if (!rate) for (const client of this.clients) this.#send(client, performance.now());
    const paced = rate && this.#pace(rate);
    await until(this.#from);
    const before = performance.eventLoopUtilization();
    await until(this.#to);
    const { utilization } = performance.eventLoopUtilization(before);
    this.#isOver = true;
    await paced;
    // A chain goes on from here the next time: nothing may be under way.
    if (this.#busy > 0) await this.#drained.promise;
    const latencies = this.#latencies;
    const [p50, p99] = [0.5, 0.99].map((share) => percentile(latencies, share));
    return { rate: latencies.length / seconds, p50, p99, utilization };
  }

  async #pace(rate) {
    this.#idle = [...this.clients];
    const startedAt = performance.now();
    for (let i = 0; ; i += 1) {
      const dueAt = startedAt + (i * 1_000) / rate;
      while (performance.now() < dueAt) await delay(1);
      if (dueAt >= this.#to) return;
      const client = this.#idle.pop();
      if (client) this.#send(client, dueAt);
      else this.#waiting.push(dueAt);
    }
  }

  #send(client, dueAt) {
    client.dueAt = dueAt;
    this.#busy += 1;
    client.connection.send(client.next(client.body));
  }

  #answered(client, status, body) {
    const now = performance.now();
    if (status < 200 || status > 299) {
      this.#failed.reject(new Error(`answered ${status}: ${body.toString('utf8').slice(0, 300)}`));
      return;
    }
    this.#busy -= 1;
    client.body = body;
    const counted = this.options.rate ? client.dueAt : now;
    if (counted >= this.#from && counted < this.#to) this.#latencies.push(now - client.dueAt);
    this.#goOn(client, now);
  }

  #goOn(client, now) {
    const dueAt = this.options.rate ? this.#waiting.shift() : now;
    if (dueAt !== undefined && (this.options.rate || !this.#isOver)) this.#send(client, dueAt);
    else this.#idle.push(client);
    if (this.#isOver && this.#busy === 0) this.#drained.resolve();
  }

  #orFailure(promise) {
    return Promise.race([promise, this.#failed.promise]);
  }
}

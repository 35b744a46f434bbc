import { type Client, Pool, type PoolClient, type PoolConfig } from 'pg';
import * as metrics from './pool.metrics.js';
import { reachOf, type ServerError } from './database-failure.js';

/** Who holds a connection for longer than this waits on it, for LISTEN: no statement of ours takes so long. Milliseconds. */
const LONGEST_USE = 15_000;
/** All connections are given up at most this often: while no server takes writes, reads go on. Milliseconds. */
const PAUSE = 1_000;

type Acquired = Parameters<Pool['connect']>[0];

interface Member {
  isBusy: boolean;
  /** It is given up when whoever holds it gives it back. */
  isSpent: boolean;
}

/**
 * A pool that keeps no connection whose server has said that it cannot do its work any more (see `reachOf`). Without
 * this, connections to a server that was demoted would stay for good: it answers, and refuses every write.
 */
export class FailoverPool extends Pool {
  private readonly members = new Map<PoolClient, Member>();
  private givenUpAt = Number.NEGATIVE_INFINITY;
  private readonly waits;

  constructor(config?: PoolConfig) {
    super(config);
    this.waits = metrics.waits.of({ pool: nameOf(this) });
    open.add(this);
    this.on('connect', (client) => this.watch(client));
    this.on('acquire', (client) => this.note(client, true));
    this.on('release', (_error, client) => {
      this.note(client, false);
      // The pool drops one that is ending.
      if (this.members.get(client)?.isSpent) void client.end();
    });
    this.on('remove', (client) => this.members.delete(client));
  }

  /** Whoever finds a connection free is not measured: that takes no time. */
  override connect(): Promise<PoolClient>;
  override connect(callback: Acquired): void;
  override connect(callback?: Acquired): Promise<PoolClient> | void {
    if (this.idleCount > this.waitingCount) return callback ? super.connect(callback) : super.connect();
    const begin = performance.now();
    const note = () => this.waits.observe((performance.now() - begin) / 1_000);
    if (!callback) return super.connect().finally(note);
    super.connect((...answer) => {
      note();
      callback(...answer);
    });
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | void {
    open.delete(this);
    return callback ? super.end(callback) : super.end();
  }

  private watch(client: PoolClient): void {
    const member: Member = { isBusy: true, isSpent: false };
    this.members.set(client, member);
    // Before whoever asked hears of it and gives the connection back.
    connectionOf(client).prependListener('errorMessage', (error: ServerError) => {
      const reach = reachOf(error);
      if (reach === 'statement') return;
      member.isSpent = true;
      if (reach === 'pool') this.giveUpAll();
    });
  }

  private note(client: PoolClient, isBusy: boolean): void {
    const member = this.members.get(client);
    if (member) member.isBusy = isBusy;
  }

  private giveUpAll(): void {
    if (performance.now() - this.givenUpAt < PAUSE) return;
    this.givenUpAt = performance.now();
    for (const [client, member] of this.members) {
      member.isSpent = true;
      // As if it had been lost while nobody used it: the pool removes it at once.
      if (!member.isBusy) client.emit('error', new Error('the server cannot do its work any more'));
      else setTimeout(() => this.loseIfHeld(client), LONGEST_USE).unref();
    }
  }

  private loseIfHeld(client: PoolClient): void {
    if (!this.members.get(client)?.isBusy) return;
    connectionOf(client).stream.destroy(new Error('the server cannot do its work any more'));
  }
}

/** A pool's client is a Client; the types do not say so. */
function connectionOf(client: PoolClient): Client['connection'] {
  return (client as PoolClient & Client).connection;
}

const open = new Set<FailoverPool>();

/** `gatehouse-jobs` is the pool of the jobs, `gatehouse` that of everything else. */
function nameOf({ options }: FailoverPool): string {
  return (options.application_name ?? '').replace(/^gatehouse-?/, '') || 'application';
}

const ofEach = (read: (pool: FailoverPool) => number) => () =>
  Array.from(open, (pool) => [{ pool: nameOf(pool) }, read(pool)] as const);
metrics.mostConnections.read(ofEach(({ options }) => options.max));
metrics.waiting.read(ofEach(({ waitingCount }) => waitingCount));
metrics.connections.read(() =>
  [...open].flatMap((pool) => [
    [{ pool: nameOf(pool), state: 'idle' }, pool.idleCount] as const,
    [{ pool: nameOf(pool), state: 'busy' }, pool.totalCount - pool.idleCount] as const,
  ]),
);

import {
  assertSchemaCompatibility,
  type BackendFactory,
  createRedisBackend,
  type IQueueBackend,
  PostgresConnection,
  PostgresQueueBackend,
} from 'bullmq';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'pg';
import { isShared } from '../database/session.js';

/** How long a worker whose store refused waits until it asks again. Milliseconds. */
const PAUSE = 1_000;

/** BullMQ's backend for either store; which of the two it is the connection says. */
export const jobBackend: BackendFactory = (name, options, extra = {}) => {
  const backend =
    options.connection instanceof Pool
      ? new LateBackend(new LateConnection(options.connection), name, {
          ...options,
          connection: options.connection,
        })
      : closingWhileItConnects(createRedisBackend(name, options, extra));
  return extra.withBlockingConnection ? pausingAfterFailures(backend) : backend;
};

/** Asks its connection, where BullMQ's own keeps the first answer: it would end no job after a failed one. */
class LateBackend extends PostgresQueueBackend {
  override waitUntilReady(): Promise<void> {
    return this.connection.waitUntilReady();
  }

  /** Seconds. A signal that got lost with its connection costs no more than this, nor does one that nobody hears. */
  override get maximumBlockTimeout(): number {
    return (this.connection as LateConnection).isDeaf ? 1 : 5;
  }

  override waitForJob(seconds: number) {
    return super.waitForJob(Math.min(seconds, this.maximumBlockTimeout));
  }
}

/**
 * BullMQ's own keeps the failure of its first connect for good: a worker that started while Postgres was away would
 * never work, and, failing without asking anybody, would keep the process from doing anything else.
 */
class LateConnection extends PostgresConnection {
  /** Behind a pooler no signal is heard. */
  isDeaf = false;
  private checked: Promise<void> | null = null;

  override waitUntilReady(): Promise<void> {
    this.checked ??= this.check().catch((error: unknown) => {
      this.checked = null;
      throw error;
    });
    return this.checked;
  }

  private async check(): Promise<void> {
    const client = await this.pool.connect();
    this.isDeaf = isShared(client);
    try {
      await assertSchemaCompatibility(client, this.schema);
    } finally {
      client.release();
    }
    setImmediate(() => this.emit('ready'));
  }
}

/** A worker asks for its next job again at once after whatever failed, a refused connection excepted. */
function pausingAfterFailures(backend: IQueueBackend): IQueueBackend {
  const moveToActive = backend.moveToActive.bind(backend);
  backend.moveToActive = async (token, name) => {
    try {
      return await moveToActive(token, name);
    } catch (error) {
      await delay(PAUSE);
      throw error;
    }
  };
  return backend;
}

/**
 * To close, BullMQ waits for the blocking connection to end. One that waits for its next try to connect never does: the
 * worker would not close when Redis has just come back.
 */
function closingWhileItConnects(backend: IQueueBackend): IQueueBackend {
  const disconnectBlocking = backend.disconnectBlocking.bind(backend);
  backend.disconnectBlocking = async (wait) => {
    await backend.reconnectBlocking();
    await disconnectBlocking(wait);
  };
  return backend;
}

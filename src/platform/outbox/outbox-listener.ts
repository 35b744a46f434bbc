import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Client } from 'pg';
import { openConnection } from '../database/connections.js';
import { isShared } from '../database/session.js';
import { OUTBOX_CHANNEL } from './outbox-signal.js';

/** Milliseconds. Until then the relays poll. */
const RECONNECT_AFTER = 2_000;

const NOTHING_IS_HEARD =
  'The database is reached through a pooler (PgBouncer), where no signal is heard: events and jobs are looked for once a ' +
  'second. To hear of them at once, let DATABASE_DIRECT_URL lead to Postgres itself.';

/**
 * Hears the signal that something is in the outbox, on a connection of its own. Behind a pooler nothing is heard, and the
 * relays poll.
 */
@Injectable()
export class OutboxListener implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Outbox');
  private readonly wakers = new Set<() => void>();
  private client: Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private isStopped = false;

  constructor(private readonly databaseUrl: string) {}

  onModuleInit(): void {
    void this.connect();
  }

  /** Calls `wake` at every signal, and after every gap in which one may have been missed. */
  onSignal(wake: () => void): void {
    this.wakers.add(wake);
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    try {
      const client = await openConnection(this.databaseUrl, 'outbox');
      this.client = client;
      if (this.isStopped || isShared(client)) {
        await client.end();
        if (!this.isStopped) this.logger.warn(NOTHING_IS_HEARD);
        return;
      }
      client.on('error', (error: Error) => this.logger.warn(`The signal was lost: ${error.message}`));
      client.on('end', () => this.reconnectLater());
      client.on('notification', () => this.wakeAll());
      await client.query(`LISTEN ${OUTBOX_CHANNEL}`);
      this.wakeAll();
    } catch (error) {
      if (!this.isStopped) this.logger.warn('The signal cannot be heard; polling', error);
      await this.client?.end().catch(() => undefined);
      this.reconnectLater();
    }
  }

  private wakeAll(): void {
    for (const wake of this.wakers) wake();
  }

  private reconnectLater(): void {
    if (this.isStopped || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.connect();
    }, RECONNECT_AFTER).unref();
  }
}

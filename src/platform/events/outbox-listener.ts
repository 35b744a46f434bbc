import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Client } from 'pg';
import { OUTBOX_CHANNEL } from './outbox-signal.js';

/** Milliseconds. Until then the relays poll. */
const RECONNECT_AFTER = 2_000;

/**
 * Hears the signal that something is in the outbox, on a connection of its own. Behind a proxy that shares connections
 * (PgBouncer in transaction mode) nothing is heard, and the relays poll.
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
    const client = new Client({
      connectionString: this.databaseUrl,
      application_name: 'gatehouse-outbox',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    this.client = client;
    client.on('error', (error: Error) => this.logger.warn(`The signal was lost: ${error.message}`));
    client.on('end', () => this.reconnectLater());
    client.on('notification', () => this.wakeAll());
    try {
      await client.connect();
      await client.query(`LISTEN ${OUTBOX_CHANNEL}`);
      this.wakeAll();
    } catch (error) {
      if (!this.isStopped) this.logger.warn('The signal cannot be heard; polling', error);
      await client.end().catch(() => undefined);
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

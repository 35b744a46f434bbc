import { Logger } from '@nestjs/common';
import { type AmqpConnectionManager, connect } from 'amqp-connection-manager';
import { isDoneWithin } from '../../common/within.js';
import { BrokerChannel } from './broker-channel.js';

/** Seconds. A peer that is silent for two of them is gone. */
const HEARTBEAT = 10;
const RECONNECT_AFTER = 2;
/** Milliseconds. */
const CONNECT_WITHIN = 5_000;
const CLOSE_WITHIN = 2_000;

/** A connection to RabbitMQ that comes back by itself. Says in the log when it is lost and when it is back, once each. */
export class BrokerConnection {
  private readonly logger = new Logger('Broker');
  private readonly manager: AmqpConnectionManager;
  private isAway = false;
  private isBlocked = false;

  /** Connects at once, and does not wait for it. `name` is what RabbitMQ lists the connection as. */
  constructor(url: string, name: string) {
    this.manager = connect(url, {
      heartbeatIntervalInSeconds: HEARTBEAT,
      reconnectTimeInSeconds: RECONNECT_AFTER,
      connectionOptions: {
        noDelay: true,
        keepAlive: true,
        timeout: CONNECT_WITHIN,
        clientProperties: { connection_name: name },
      },
    });
    this.manager.on('connect', () => this.onBack());
    // Errors of the client name host and port, never the URL with its password.
    this.manager.on('connectFailed', ({ err }) => this.onAway(err.message));
    this.manager.on('disconnect', ({ err }) => this.onAway(err?.message ?? 'closed'));
    this.manager.on('blocked', ({ reason }) => {
      this.isBlocked = true;
      this.logger.warn(`RabbitMQ takes no messages for now: ${reason}`);
    });
    this.manager.on('unblocked', () => {
      this.isBlocked = false;
      this.logger.log('RabbitMQ takes messages again');
    });
  }

  /** @throws Error at once while RabbitMQ is away */
  async openChannel(): Promise<BrokerChannel> {
    this.assertUsable();
    const channel = await this.manager.connection?.createConfirmChannel();
    if (!channel) throw new Error('RabbitMQ is away');
    // 'close' follows, which is what users of the channel listen to.
    channel.on('error', (error) => this.logger.warn(`RabbitMQ closed a channel: ${error.message}`));
    return new BrokerChannel(channel);
  }

  get isUp(): boolean {
    return this.manager.isConnected() && !this.isBlocked;
  }

  /** @throws Error when nothing can be published now. Written to a blocked connection, messages would pile up in it. */
  assertUsable(): void {
    if (!this.manager.isConnected()) throw new Error('RabbitMQ is away');
    if (this.isBlocked) throw new Error('RabbitMQ takes no messages for now');
  }

  async close(): Promise<void> {
    this.manager.removeAllListeners('disconnect');
    const closed = this.manager.close().catch(() => undefined);
    // One that hangs is not waited for; the process ends all the same.
    await isDoneWithin(CLOSE_WITHIN, closed);
  }

  private onBack(): void {
    if (this.isAway) this.logger.log('RabbitMQ is back');
    this.isAway = false;
    this.isBlocked = false;
  }

  private onAway(reason: string): void {
    if (!this.isAway)
      this.logger.warn(`RabbitMQ is away; trying again every ${RECONNECT_AFTER} s: ${reason}`);
    this.isAway = true;
  }
}

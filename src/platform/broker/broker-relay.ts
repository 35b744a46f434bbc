import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { dependencies } from '../metrics/dependencies.js';
import type { RelayLoop } from '../outbox/relay-loop.js';
import type { RelayLoops } from '../outbox/relay-loops.js';
import { BrokerConnection } from './broker-connection.js';
import { BrokerPublisher } from './broker-publisher.js';
import { BROKER_TOPOLOGY, type BrokerTopology } from './broker-topology.js';

/**
 * Tells other systems of events, through RabbitMQ. A relay of its own: while RabbitMQ is away its events wait in the
 * outbox, and everything else goes on.
 */
@Injectable()
export class BrokerRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private running: { readonly connection: BrokerConnection; readonly loop: RelayLoop } | null = null;

  private forget: () => void = () => undefined;

  constructor(
    private readonly url: string,
    private readonly loops: RelayLoops,
    private readonly topology: BrokerTopology = BROKER_TOPOLOGY,
  ) {}

  onApplicationBootstrap(): void {
    const connection = new BrokerConnection(this.url, 'gatehouse relay');
    const publisher = new BrokerPublisher(connection, this.topology);
    const loop = this.loops.to('broker', (rows) => publisher.publish(rows));
    this.running = { connection, loop };
    this.forget = dependencies.read(() => [[{ dependency: 'rabbitmq' }, Number(connection.isUp)]]);
    loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.forget();
    await this.running?.loop.stop();
    await this.running?.connection.close();
    this.running = null;
  }
}

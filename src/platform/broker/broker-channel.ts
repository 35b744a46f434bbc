import type { ConfirmChannel, Options } from 'amqplib';

export interface Address {
  /** Empty: the routing key is the name of a queue. */
  readonly exchange: string;
  readonly routingKey: string;
}

/** A channel with publisher confirms. */
export class BrokerChannel {
  /** Ids of messages that came back: no queue was there to take them. */
  private readonly returned = new Set<unknown>();

  constructor(readonly amqp: ConfirmChannel) {
    amqp.on('return', ({ properties }) => this.returned.add(properties.messageId));
  }

  /**
   * Waits until RabbitMQ has confirmed that it has the message. False: no queue was there to take it.
   * @throws Error when RabbitMQ refuses it, or is lost before it answers
   */
  async publish(to: Address, content: Buffer, options: Options.Publish): Promise<boolean> {
    await new Promise<void>((resolve, reject) => {
      this.amqp.publish(
        to.exchange,
        to.routingKey,
        content,
        { ...options, persistent: true, mandatory: true },
        (error: Error | null) => (error ? reject(error) : resolve()),
      );
    });
    // What comes back does so before it is confirmed.
    return !this.returned.delete(options.messageId);
  }

  onClose(listener: () => void): void {
    this.amqp.on('close', listener);
  }

  /** Gives back what was delivered and not acknowledged. */
  async close(): Promise<void> {
    // Closed already: that is what was wanted.
    await this.amqp.close().catch(() => undefined);
  }
}

import { connect } from 'amqplib';

/** Connects to RabbitMQ and goes again; nothing is declared. @throws Error that names host and port, never the password */
export async function reachBroker(url: string, milliseconds: number): Promise<void> {
  const connection = await connect(url, { timeout: milliseconds });
  connection.on('error', () => undefined);
  await connection.close();
}

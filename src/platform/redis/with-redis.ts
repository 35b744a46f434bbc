import { Redis } from 'ioredis';

/** How long a server may take to accept the connection, and to answer a command. Milliseconds. */
const PATIENCE = 3_000;

/**
 * Asks Redis something on a connection of its own, once: one that is away is an error. Commands of operators take it; what
 * serves has a `RedisConnection`. @throws Error with what the client says
 */
export async function withRedis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    connectTimeout: PATIENCE,
    commandTimeout: PATIENCE,
    retryStrategy: () => null,
  });
  // The client tells its listeners why it was not connected, and its caller only that it was not.
  let reason: Error | undefined;
  client.on('error', (error: Error) => {
    reason = error;
  });
  try {
    await client.connect().catch((error: unknown) => {
      throw reason ?? error;
    });
    return await work(client);
  } finally {
    client.disconnect();
  }
}

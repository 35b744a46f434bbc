import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Requests of one connection that may wait for their answers: clients that pipeline send fewer. */
const MOST_AT_ONCE = 32;

const waiting = new WeakMap<Socket, number>();

/**
 * Fastify hook. HTTP/1.1 lets a client send requests without waiting for answers; one that sends more and more and reads
 * none of them would have all of them kept in memory. Its connection is closed: what was not answered was not done, and
 * may be sent again (RFC 9112 section 9.3.2).
 */
export function boundPipelining({ raw }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { socket } = raw;
  if (socket.destroyed) return;
  const count = (waiting.get(socket) ?? 0) + 1;
  if (count > MOST_AT_ONCE) {
    socket.destroy();
    return;
  }
  waiting.set(socket, count);
  reply.raw.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
  done();
}

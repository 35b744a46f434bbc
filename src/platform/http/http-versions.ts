import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpVersionNotSupported, MalformedRequest } from './http.errors.js';
import { sendProblem } from './problem-details.js';

/**
 * Fastify hook. Node's parser lets HTTP/0.9, whose answers have no head, and HTTP/2.0 through where HTTP/1.1 is spoken;
 * and in HTTP/1.0, which has no transfer codings, one that proxies before us may not have seen (RFC 9112 section 6.1).
 */
export function refuseOtherVersions(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { httpVersion, headers } = request.raw;
  const isKnown = httpVersion === '1.1' || httpVersion === '1.0';
  if (httpVersion === '1.1' || (isKnown && headers['transfer-encoding'] === undefined)) return done();
  void reply.header('connection', 'close');
  const refusal = isKnown
    ? new MalformedRequest('HTTP/1.0 has no Transfer-Encoding.')
    : new HttpVersionNotSupported();
  sendProblem(refusal, request, reply);
}

import { Writable } from 'node:stream';
import { pino } from 'pino';
import { createFastifyAdapter } from './fastify.js';

/** The warnings of a server that gets two requests, by the headers of each. */
async function warnings(trustProxy: readonly string[], headers: Record<string, string>): Promise<string[]> {
  const lines: string[] = [];
  const stream = new Writable({
    write: (line: Buffer, _encoding, done) => {
      lines.push(line.toString());
      done();
    },
  });
  const adapter = createFastifyAdapter(pino({ level: 'warn' }, stream), {
    trustProxy,
    publicBaseUrl: 'http://gatehouse.test',
    requestsAtOnce: 1,
    keepAliveTimeout: 5,
  });
  const server = adapter.getInstance();
  for (let times = 0; times < 2; times += 1) await server.inject({ url: '/', headers });
  await server.close();
  return lines;
}

describe('A11, S107: a forwarded request', () => {
  const forwarded = { 'x-forwarded-for': '198.51.100.7' };

  it('is warned of once where no proxy is trusted: everybody behind it counts as one client', async () => {
    const lines = await warnings([], forwarded);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 40,
      msg: expect.stringContaining('TRUST_PROXY'),
    });
    // What the caller wrote is not in the log.
    expect(lines[0]).not.toContain('198.51.100.7');
  });

  it('is not warned of where a proxy is trusted, nor is one that is not forwarded', async () => {
    expect(await warnings(['127.0.0.1'], forwarded)).toEqual([]);
    expect(await warnings([], {})).toEqual([]);
  });
});

import { Recorder, send, sendBytes } from './edge-client.js';

let recorder: Recorder;
beforeAll(async () => {
  recorder = await Recorder.start();
});
afterAll(() => recorder?.stop());

/** What could be taken for two requests by one side and for one by the other. `SMUGGLED` must reach nobody as a request of its own. */
const inner = 'GET /SMUGGLED HTTP/1.1\r\nHost: localhost\r\n\r\n';
const head = (...lines: string[]) =>
  ['POST /outer HTTP/1.1', 'Host: localhost', ...lines, '', ''].join('\r\n');
const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const SMUGGLING: Readonly<Record<string, string>> = {
  'CL.TE': head(`Content-Length: ${5 + inner.length}`, 'Transfer-Encoding: chunked') + `0\r\n\r\n${inner}`,
  'TE.CL': head('Transfer-Encoding: chunked', 'Content-Length: 4') + chunked(inner),
  'two lengths': head('Content-Length: 0', `Content-Length: ${inner.length}`) + inner,
  'a list of lengths': head(`Content-Length: 0, ${inner.length}`) + inner,
  'a signed length': head('Content-Length: +0') + inner,
  'chunked twice': head('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + `0\r\n\r\n${inner}`,
  'an unknown coding': head('Transfer-Encoding: xchunked') + `0\r\n\r\n${inner}`,
  'a coding behind a tab':
    head('Transfer-Encoding:\tchunked', `Content-Length: ${5 + inner.length}`) + `0\r\n\r\n${inner}`,
  'a blank before the colon':
    head('Transfer-Encoding : chunked', `Content-Length: ${5 + inner.length}`) + `0\r\n\r\n${inner}`,
  'a folded header':
    head('X-A: b', ' Transfer-Encoding: chunked', `Content-Length: ${5 + inner.length}`) +
    `0\r\n\r\n${inner}`,
  'a bare CR':
    head('X-A: b\rTransfer-Encoding: chunked', `Content-Length: ${5 + inner.length}`) + `0\r\n\r\n${inner}`,
  'a bare LF':
    head(`X-A: b\nTransfer-Encoding: chunked`, `Content-Length: ${5 + inner.length}`) + `0\r\n\r\n${inner}`,
  'a NUL in a header': head('X-A: \0', 'Content-Length: 0\0', `Content-Length: ${inner.length}`) + inner,
  'HTTP/1.0 with a coding': `POST /outer HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
  'two hosts': `GET /outer HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n`,
  'another host in the address': `GET http://evil.example/outer HTTP/1.1\r\nHost: localhost\r\n\r\n`,
};

describe('request smuggling', () => {
  it.each(Object.keys(SMUGGLING))('S82: %s reaches nobody as a second request', async (name) => {
    const before = recorder.seen.length;
    const { statuses } = await sendBytes(SMUGGLING[name] ?? '', { port: recorder.port });
    const reached = recorder.seen.slice(before);
    // What nginx itself takes for a second request, as any client may send, it says so: an answer each, never fewer.
    expect([name, reached.length]).toEqual([name, statuses.filter((status) => status === 200).length]);
    for (const { method, url, headers, body } of reached) {
      expect([url === '/outer' || url === '/SMUGGLED', headers['transfer-encoding'], headers.host]).toEqual([
        true,
        undefined,
        'localhost',
      ]);
      expect(Number(headers['content-length'] ?? 0)).toBe(Buffer.byteLength(body));
      if (url === '/SMUGGLED') expect([method, statuses.length]).toEqual(['GET', 2]);
    }
  });

  it.each(['CL.TE', 'TE.CL', 'two lengths', 'a list of lengths', 'a signed length', 'two hosts'])(
    'S82: %s is refused',
    async (name) => {
      const { statuses } = await sendBytes(SMUGGLING[name] ?? '', { port: recorder.port });
      expect(statuses).toEqual([400]);
    },
  );
});

describe('slow clients', () => {
  it('R20: are cut by nginx within ten seconds, and none of them is seen by the service', async () => {
    const { port, seen } = recorder;
    const before = seen.length;
    const slow = [
      'GET /slow-header HTTP/1.1\r\nHost: localhost\r\nX-A',
      'POST /slow-body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf of',
    ].flatMap((data) => Array.from({ length: 25 }, () => sendBytes(data, { port, patience: 20_000 })));
    const cut = await Promise.all(slow);
    expect(Math.max(...cut.map(({ seconds }) => seconds))).toBeLessThan(13);
    expect(Math.min(...cut.map(({ seconds }) => seconds))).toBeGreaterThan(8);
    expect(seen.slice(before)).toEqual([]);
    expect((await send('/after', { port })).status).toBe(200);
  });
});

describe('floods', () => {
  it('limits what one address asks for', async () => {
    const port = recorder.port;
    const many = await Promise.all(
      Array.from({ length: 80 }, () =>
        sendBytes(`GET /many HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(5), { port, from: '127.0.0.9' }),
      ),
    );
    const statuses = many.flatMap((it) => it.statuses);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    const refused = many.find(({ text }) => text.includes(' 429 '))?.text ?? '';
    expect(refused).toMatch(/retry-after: 2/i);
    expect(refused).toContain('"code":"rate_limited"');
  });
});

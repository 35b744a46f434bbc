import { createHash } from 'node:crypto';
import { version } from '../../src/common/version.js';
import { startApp, type TestApp } from '../support/app.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

/** `path` from the root, as browsers see it. */
const get = (path: string, headers: Record<string, string> = {}) =>
  service.api.get<object>(`/${path}`, { headers });

/** Every address an HTML page loads or links to, as a path from the root. */
function addressesIn(html: string, at: string): string[] {
  const found = [...html.matchAll(/\s(?:src|href|action|data|poster|spec-url)\s*=\s*["']?([^"'\s>]+)/gi)];
  return found.map(([, address = '']) => {
    const url = new URL(address, `http://self.test${at}`);
    return url.origin === 'http://self.test' ? url.pathname : url.href;
  });
}

describe('GET /', () => {
  it('answers name, version and state', async () => {
    const response = await get('/');
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ name: 'gatehouse', version, status: 'ok' });
  });

  it('keeps a request id that is fit to be kept, and makes one otherwise', async () => {
    const given = '0197b1c2-5f0e-7c3a-9d56-3c1f0a6d2b11';
    expect((await get('/', { 'x-request-id': given })).headers['x-request-id']).toBe(given);
    for (const unfit of ['', 'two words', 'a'.repeat(129), 'umlaut-\u00E4']) {
      const answered = String((await get('/', { 'x-request-id': unfit })).headers['x-request-id']);
      expect(answered).not.toBe(unfit);
      expect(answered).toMatch(/^[\da-f-]{36}$/);
    }
  });
});

describe.each([
  ['/docs', 4],
  ['/redoc', 1],
])('GET %s', (path, assets) => {
  it('is a page', async () => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toContain('text/html');
  });

  it('loads nothing from elsewhere, and everything it loads is there', async () => {
    const addresses = addressesIn((await get(path)).text, path);
    expect(addresses.length).toBeGreaterThanOrEqual(assets);
    expect(addresses.filter((address) => !address.startsWith('/'))).toEqual([]);
    for (const address of addresses) {
      const response = await get(address);
      expect([address, response.status]).toEqual([address, 200]);
      expect(response.text.length).toBeGreaterThan(0);
      const expected = address.endsWith('.css') ? 'css' : address.endsWith('.js') ? 'javascript' : '';
      expect(response.headers['content-type']).toContain(expected);
      if (expected === 'css') {
        expect(response.text).not.toMatch(/@import|url\(\s*["']?(?:https?:)?\/\//i);
      }
    }
  });
});

describe('GET /redoc', () => {
  it('lets browsers load nothing from elsewhere', async () => {
    const policy = String((await get('/redoc')).headers['content-security-policy']);
    expect(policy).toContain(`default-src 'self'`);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe-inline/);
  });
});

describe('under a path prefix, with a proxy that strips it', () => {
  it.each(['/docs', '/redoc'])('F25: %s loads everything below the prefix', async (page) => {
    const { text } = await get(page);
    const attributes = text.matchAll(/\s(?:src|href|spec-url)="([^"]+)"/g);
    const addresses = [...attributes].map(
      ([, address = '']) => new URL(address, `https://x.example/id${page}`),
    );
    expect(addresses.length).toBeGreaterThan(1);
    for (const { origin, pathname } of addresses) {
      expect([origin, pathname.startsWith('/id/')]).toEqual(['https://x.example', true]);
      expect([pathname, (await get(pathname.slice('/id'.length))).status]).toEqual([pathname, 200]);
    }
  });
});

describe('GET /docs-json', () => {
  it('is the OpenAPI 3.1 document of the service', async () => {
    const response = await get('/docs-json');
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toContain('application/json');
    expect(response.body).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\.\d+$/),
      info: { title: 'Gatehouse', version },
      servers: [{ url: 'http://gatehouse.test' }],
    });
    expect(response.body).toEqual(JSON.parse(JSON.stringify(service.contract.document)));
  });
});

describe('GET /docs-yaml', () => {
  it('is the same document as YAML', async () => {
    const response = await get('/docs-yaml');
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toContain('yaml');
    expect(response.text).toMatch(/^openapi: 3\.1\.\d+$/m);
    for (const { operationId } of service.contract.operations) {
      expect(response.text).toContain(`operationId: ${operationId}\n`);
    }
  });
});

describe('GET /dev/mailbox', () => {
  const letter = {
    to: '"><img src=x onerror=alert(1)>@example.com',
    subject: `<script>alert('subject')</script>`,
    text: `</pre><script>alert("text")</script>&amp;`,
    code: 'pr_code',
  };

  it('answers the messages as JSON, the newest first', async () => {
    service.mailbox.keep('email', letter);
    service.mailbox.keep('sms', { to: '+4915123456789', subject: 'Later', text: 'Text' });
    const response = await get('/dev/mailbox');
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.headers['cache-control']).toBe('no-store');
    const { items } = response.body as { items: unknown[] };
    expect(items.slice(0, 2)).toEqual([
      { to: '+4915123456789', channel: 'sms', subject: 'Later', text: 'Text', at: expect.any(String) },
      { ...letter, channel: 'email', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
    ]);
  });

  it.each([
    ['host', 'evil.example'],
    ['host', 'localhost.evil.example:3000'],
    ['host', 'gatehouse.test'],
    ['host', '192.168.0.7:3000'],
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-proto', 'https'],
    ['forwarded', 'for=127.0.0.1'],
    ['x-real-ip', '127.0.0.1'],
    ['via', '1.1 proxy'],
  ])('A10, S106: answers nobody with %s: %s', async (name, value) => {
    const response = await get('/dev/mailbox', { [name]: value });
    expect([response.status, response.body]).toEqual([403, expect.objectContaining({ code: 'local_only' })]);
  });

  it.each(['localhost', 'LOCALHOST:3000', '127.0.0.1:80', '[::1]:3000'])(
    'A10: answers this machine by the name of %s',
    async (host) => {
      expect((await get('/dev/mailbox', { host })).status).toBe(200);
    },
  );

  it('keeps the newest 200', async () => {
    for (let n = 0; n < 205; n += 1) {
      service.mailbox.keep('email', { to: 'ada@example.com', subject: `Message ${n}`, text: '' });
    }
    const { items } = (await get('/dev/mailbox')).body as { items: { subject: string }[] };
    expect(items).toHaveLength(200);
    expect(items[0]?.subject).toBe('Message 204');
  });

  it('S91: is a page for browsers, in which a message is text and nothing else', async () => {
    service.mailbox.keep('email', letter);
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const response = await get('/dev/mailbox', { accept: browser });
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(response.text).not.toMatch(/<script|<img/i);
    for (const text of [letter.to, letter.subject, letter.text]) expect(response.text).not.toContain(text);
    for (const text of Object.values(letter)) expect(decodeEntities(response.text)).toContain(text);
  });

  it('S91: links to addresses of the web only, and shows codes', async () => {
    const { to, text, subject } = letter;
    service.mailbox.keep('email', { to, text, subject, link: 'javascript:alert(1)' });
    service.mailbox.keep('email', { to, text, subject, link: 'https://id.example.com/?a=1&b="2"' });
    const page = (await get('/dev/mailbox', { accept: 'text/html' })).text;
    const links = [...page.matchAll(/<a href="([^"]*)"/g)].map(([, href = '']) => decodeEntities(href));
    expect(links).toEqual(['https://id.example.com/?a=1&b="2"']);
    expect(decodeEntities(page)).toContain('Link: javascript:alert(1)');
    expect(page).toContain('Code: <code>pr_code</code>');
  });

  it('S91: lets the page run and load nothing; its style is the one of its hash', async () => {
    const response = await get('/dev/mailbox', { accept: 'text/html' });
    const policy = String(response.headers['content-security-policy']);
    const style = /<style>([^<]*)<\/style>/.exec(response.text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy.split('; ').toSorted()).toEqual([
      `base-uri 'none'`,
      `default-src 'none'`,
      `form-action 'none'`,
      `frame-ancestors 'none'`,
      `style-src 'sha256-${hash}'`,
    ]);
    const tags = [...response.text.matchAll(/<[^>]*>/g)].map(([tag]) => tag).join('\n');
    expect(tags).not.toMatch(/ style=| on\w+=|<script|src=/);
  });

  it('answers of a message what the API promises: no page, no id', async () => {
    service.mailbox.keep('email', {
      ...letter,
      html: '<p>Page</p>',
      id: 'job-1',
      link: 'https://id.example.com',
    });
    const { items } = (await get('/dev/mailbox')).body as { items: object[] };
    const fields = ['to', 'channel', 'subject', 'text', 'link', 'code', 'at'];
    expect(Object.keys(items[0] ?? {})).toEqual(fields);
  });

  it.each(['*/*', 'application/json', ''])('answers JSON to Accept: %s', async (accept) => {
    const response = await get('/dev/mailbox', { accept });
    expect(response.headers['content-type']).toContain('application/json');
  });
});

describe('what is not for production', () => {
  const DOCS = [
    '/docs',
    '/docs/',
    '/docs/swagger-ui.css',
    '/redoc',
    '/redoc/redoc.standalone.js',
    '/docs-json',
    '/docs-yaml',
  ];
  const PRODUCTION = {
    NODE_ENV: 'production',
    BCRYPT_COST: '12',
    PUBLIC_BASE_URL: 'https://id.example.com',
  };

  async function statuses(env: Record<string, string>, paths: readonly string[]): Promise<number[]> {
    const other = await startApp({ databaseUrl: service.databaseUrl, env });
    try {
      return await Promise.all(paths.map(async (path) => (await other.api.get(`/${path}`)).status));
    } finally {
      await other.close();
    }
  }

  it('API pages are off when DOCS_ENABLED is false', async () => {
    const found = await statuses({ DOCS_ENABLED: 'false' }, DOCS);
    expect(new Set(found)).toEqual(new Set([404]));
  });

  it('S96: API pages and mailbox are off in production', async () => {
    const found = await statuses({ ...PRODUCTION, DOCS_ENABLED: '' }, [...DOCS, '/dev/mailbox']);
    expect(new Set(found)).toEqual(new Set([404]));
  });

  it('API pages are on in production when DOCS_ENABLED says so, the mailbox never', async () => {
    const found = await statuses({ ...PRODUCTION, DOCS_ENABLED: 'true' }, [...DOCS, '/dev/mailbox']);
    expect(found).toEqual([...DOCS.map(() => 200), 404]);
  });

  it('S96: nothing else of development is there', async () => {
    const probes = [
      '/metrics',
      '/debug',
      '/test',
      '/.env',
      '/package.json',
      '/src/main.ts',
      '/dist/src/main.js.map',
    ];
    const found = await statuses({ ...PRODUCTION, DOCS_ENABLED: '' }, probes);
    expect(new Set(found)).toEqual(new Set([404]));
  });
});

function decodeEntities(html: string): string {
  return html.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

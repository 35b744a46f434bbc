import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type * as Client from '@gatehouse/client';
import { startApp, type TestApp } from '../../../test/support/app.js';
import { PASSWORD, type TestUser } from '../../../test/support/factory.js';

/** Where one is installed; CHROMIUM_PATH names another. */
const CHROMIUM =
  process.env.CHROMIUM_PATH ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

declare global {
  // What the page has made of the bundle.
  var client: typeof Client;
  var gatehouse: Client.Gatehouse;
  var store: Client.BrowserTokenStore;
  var reasons: string[];
}

/** The package as a browser gets it. */
async function bundled(entry: string, minify = false): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: 'sdk/typescript', loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    minify,
  });
  return outputFiles[0]?.text ?? '';
}

it('is small: less than 12 KB of what a browser loads', async () => {
  const code = await bundled(
    `export { BrowserTokenStore, Gatehouse, isProblem } from '@gatehouse/client'`,
    true,
  );
  expect(gzipSync(code).length).toBeLessThan(12_000);
});

if (!CHROMIUM) process.stderr.write('SKIPPED: the SDK in a browser (Chromium is not installed)\n');

(CHROMIUM ? describe : describe.skip)('in a browser', () => {
  let pages: Server;
  let origin: string;
  let service: TestApp;
  let browser: Browser;
  let context: BrowserContext;
  let user: TestUser;

  beforeAll(async () => {
    const code = await bundled(`
      import * as client from '@gatehouse/client';
      globalThis.client = client;`);
    const readme = await readFile('sdk/typescript/README.md', 'utf8');
    const [, snippet = ''] = /```ts browser\n([\s\S]*?)```/.exec(readme) ?? [];
    pages = createServer((request, response) => {
      void (async () => {
        const script =
          request.url === '/snippet'
            ? await bundled(snippet.replace('https://id.example.com', service.api.base))
            : code;
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.end(
          `<!doctype html><title>-</title><script type="module">${script.replaceAll('</script', '<\\/script')}</script>`,
        );
      })();
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    service = await startApp({ env: { CORS_ORIGINS: origin } });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    await new Promise((resolve) => pages.close(resolve));
  });

  beforeEach(async () => {
    context = await browser.newContext();
    user = await service.factory.user({ signIn: false });
  });
  afterEach(() => context.close());

  /** A page with a client that shares its tokens with the other pages of the context. */
  async function tab({ hasLocks = true } = {}): Promise<Page> {
    const page = await context.newPage();
    if (!hasLocks)
      await page.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
    await page.goto(origin);
    await page.evaluate((baseUrl) => {
      const { BrowserTokenStore, Gatehouse } = globalThis.client;
      globalThis.reasons = [];
      globalThis.store = new BrowserTokenStore();
      globalThis.gatehouse = new Gatehouse({
        baseUrl,
        store: globalThis.store,
        onSignedOut: (reason) => globalThis.reasons.push(reason),
      });
    }, service.api.base);
    return page;
  }

  const signIn = (page: Page): Promise<void> =>
    page.evaluate(
      async (body) => {
        await globalThis.gatehouse.login({ body });
      },
      { username: user.email, password: PASSWORD },
    );

  const whoAmI = (page: Page): Promise<number> =>
    page.evaluate(async () => (await globalThis.gatehouse.getMe()).data.id);

  /** Lets the access token be about to end, for all tabs. */
  const age = (page: Page): Promise<void> =>
    page.evaluate(async () => {
      const tokens = await globalThis.store.read();
      if (tokens) await globalThis.store.write({ ...tokens, refreshAt: 0 });
    });

  /** The refreshes of all tabs; each is held until `ready`. */
  async function countRefreshes(ready: Promise<unknown> = Promise.resolve()): Promise<string[]> {
    const refreshes: string[] = [];
    await context.route('**/api/v1/auth/refresh', async (route) => {
      if (route.request().method() === 'POST') refreshes.push(route.request().postData() ?? '');
      await ready;
      await route.continue();
    });
    return refreshes;
  }

  it.each([
    ['by Web Locks', true],
    ['by a lease where there are none', false],
  ])('two tabs refresh once, %s', async (_, hasLocks) => {
    const [first, second] = [await tab({ hasLocks }), await tab({ hasLocks })];
    await signIn(first);
    await age(first);
    let go = () => {};
    const refreshes = await countRefreshes(new Promise<void>((resolve) => (go = resolve)));

    const answers = [whoAmI(first), whoAmI(first), whoAmI(second), whoAmI(second)];
    // Both tabs have read the old tokens before the refresh is answered.
    await Promise.all(
      [first, second].map((page) => page.evaluate(() => globalThis.gatehouse.session.tokens())),
    );
    go();

    expect(await Promise.all(answers)).toEqual(Array(4).fill(user.id));
    expect(refreshes).toHaveLength(1);
    const rows = await service.sql(
      'SELECT t.id FROM refresh_token t JOIN session s ON s.id = t.session_id WHERE s.user_id = $1',
      [user.id],
    );
    expect(rows).toHaveLength(2);
    // And again, with the new tokens.
    await age(second);
    expect(await Promise.all([whoAmI(first), whoAmI(second)])).toEqual([user.id, user.id]);
    expect(refreshes).toHaveLength(2);
  });

  it('a tab hears when another one signs out', async () => {
    const [first, second] = [await tab(), await tab()];
    await signIn(first);
    expect(await whoAmI(second)).toBe(user.id);
    await first.evaluate(async () => {
      await globalThis.gatehouse.logout();
    });
    await second.waitForFunction(() => globalThis.reasons.length > 0);
    expect(await second.evaluate(() => globalThis.reasons)).toEqual(['elsewhere']);
    expect(await first.evaluate(() => globalThis.reasons)).toEqual(['logout']);
    expect(await second.evaluate(() => globalThis.gatehouse.getMe().catch(({ name }: Error) => name))).toBe(
      'SignedOutError',
    );
  });

  it('stays signed in when the page is loaded anew, and survives a spoilt entry', async () => {
    const first = await tab();
    await signIn(first);
    await first.close();
    const second = await tab();
    expect(await whoAmI(second)).toBe(user.id);
    await second.evaluate(() => globalThis.store.write({ accessToken: 1 } as unknown as Client.Tokens));
    expect(await second.evaluate(() => globalThis.gatehouse.session.tokens())).toBeNull();
    await signIn(second);
    expect(await whoAmI(second)).toBe(user.id);
  });

  it('reads what pages of other origins may: the problem, Retry-After, the ETag', async () => {
    const page = await tab();
    await signIn(page);
    const seen = await page.evaluate(async () => {
      const { response } = await globalThis.gatehouse.getMe();
      const error: unknown = await globalThis.gatehouse
        .getUser({ path: { id: 1 } })
        .catch((reason: unknown) => reason);
      return {
        etag: response.headers.get('etag'),
        isRefused: globalThis.client.isProblem(error, 'privilege_required'),
      };
    });
    expect(seen).toEqual({ etag: expect.any(String), isRefused: true });
  });

  it('says that there is no network, and goes on when there is', async () => {
    const page = await tab();
    await signIn(page);
    await context.setOffline(true);
    expect(await page.evaluate(() => globalThis.gatehouse.getMe().catch(({ name }: Error) => name))).toBe(
      'NetworkError',
    );
    await context.setOffline(false);
    expect(await whoAmI(page)).toBe(user.id);
  });

  it('runs the snippet of the README', async () => {
    await service.sql(`UPDATE user_identity SET value = 'ada@example.com' WHERE user_id = $1`, [user.id]);
    const page = await context.newPage();
    await page.goto(`${origin}/snippet`);
    await page.waitForFunction(() => document.title === 'Test');
    const other = await tab();
    expect(
      await other.evaluate(async () => (await new globalThis.client.BrowserTokenStore().read()) !== null),
    ).toBe(true);
  });
});

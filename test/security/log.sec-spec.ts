import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { TEST_ENVIRONMENT } from '../support/environment.js';
import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { INHERITED } from '../support/inherited.js';

/** Of each request the path is logged: so many fill whatever takes them in. */
const REQUESTS = 800;
const PATH = `/api/v1/${'x'.repeat(8_000)}`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Where standard output leads, and what becomes of it once the service runs. */
const READERS: Readonly<
  Record<string, { stdout: () => number | 'pipe'; whenRunning: (child: ChildProcess) => void }>
> = {
  'a full disk': { stdout: () => openSync('/dev/full', 'w'), whenRunning: () => undefined },
  'a reader that is gone': { stdout: () => 'pipe', whenRunning: ({ stdout }) => stdout?.destroy() },
  'a reader that does not read': { stdout: () => 'pipe', whenRunning: ({ stdout }) => stdout?.pause() },
};

describe('A8, S105: the log', () => {
  const cases = Object.keys(READERS).filter((name) => name !== 'a full disk' || existsSync('/dev/full'));

  it.each(cases)(
    'costs no request and no stop when it leads to %s',
    async (name) => {
      const { stdout, whenRunning } = READERS[name] ?? {};
      const output = stdout?.() ?? 'pipe';
      const port = await freePort();
      const child = spawn(process.execPath, [resolve('dist/src/main.js')], {
        env: {
          ...INHERITED,
          ...TEST_ENVIRONMENT,
          LOG_LEVEL: 'info',
          PORT: String(port),
          DATABASE_URL: await cloneDatabase(),
        },
        stdio: ['ignore', output, 'ignore'],
      });
      const exited = once(child, 'exit');
      try {
        whenRunning?.(child);
        const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
        await eventually(
          () =>
            get('/api/v1/health/ready').then(
              (status) => status === 200,
              () => false,
            ),
          60_000,
        );

        for (let sent = 0; sent < REQUESTS; sent += 50) {
          const statuses = await Promise.all(Array.from({ length: 50 }, () => get(PATH)));
          expect(new Set(statuses)).toEqual(new Set([404]));
        }
        expect(await get('/api/v1/health/ready')).toBe(200);

        const before = performance.now();
        child.kill('SIGTERM');
        expect(await exited).toEqual([0, null]);
        expect(performance.now() - before).toBeLessThan(10_000);
      } finally {
        child.kill('SIGKILL');
        if (typeof output === 'number') closeSync(output);
      }
    },
    60_000,
  );
});

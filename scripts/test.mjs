// `npm test`: finds or starts a database server, makes the migrated template the Jest workers clone, runs Jest on the
// Node that `npm ci` brought, and cleans up. Arguments go to Jest. With DATABASE_URL set that server is used.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, requireNode24 } from './ensure-built.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
requireNode24();
ensureBuilt();

const { openTestServer } = await import('../test/support/server.mjs');
const server = await openTestServer();
process.once('exit', () => server.closeSync());

const jest = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: {
    ...process.env,
    GATEHOUSE_TEST_SERVER: server.url,
    GATEHOUSE_TEST_TEMPLATE: server.template,
    NODE_OPTIONS:
      `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
  },
});
// A terminal sends these to Jest as well; here they only must not end us before the clean-up.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => jest.kill(signal));
const code = await new Promise((resolve) => {
  jest.on('exit', (status, signal) => resolve(status ?? 128 + (constants.signals[signal] ?? 0)));
});
await server.close();
process.exit(code);

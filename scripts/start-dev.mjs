// `npm run start:dev`: rebuilds and restarts the service when a source changes. The embedded database is kept here: it
// outlives the restarts, and ends with this process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, requireNode24 } from './ensure-built.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
requireNode24();
ensureBuilt();
const [{ allInOne }, { explain }, { openDatabase }, { readConfig }] = await Promise.all(
  ['all-in-one', 'explain', 'open-database', 'read-config'].map(
    (name) => import(`../dist/src/apps/${name}.js`),
  ),
);

// The service reads `.env` itself, anew at each start.
const env = { ...process.env };
let isTold = false;
let database;
try {
  database = await openDatabase(readConfig(allInOne));
} catch (error) {
  process.stderr.write(`${explain(error, 'The database could not start')}\n`);
  process.exit(1);
}

const watcher = spawn(
  process.execPath,
  [
    // Whatever ends this process, the watcher hears of it.
    '--import',
    './scripts/end-with-parent.mjs',
    'node_modules/@nestjs/cli/bin/nest.js',
    'start',
    '--watch',
    '--',
    '--development',
  ],
  // A group of its own: Ctrl-C reaches this process alone, and the service, below a shell of Nest's, is told to stop once.
  { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'], detached: true },
);

/** Signals everything below this process; whether there is anything. Windows has no groups. */
function tell(signal) {
  if (watcher.pid === undefined) return false;
  try {
    return process.platform === 'win32' ? watcher.kill(signal) : process.kill(-watcher.pid, signal);
  } catch {
    return false;
  }
}

/** Once: told again, the service would leave what runs unfinished. */
function stop() {
  if (!isTold) tell('SIGTERM');
  isTold = true;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
const [code] = await once(watcher, 'exit');
stop();
// The service finishes what runs, for 25 s at most.
for (const until = Date.now() + 30_000; tell(0) && Date.now() < until; await delay(50));
tell('SIGKILL');
await database.stop();
process.exit(code ?? 0);

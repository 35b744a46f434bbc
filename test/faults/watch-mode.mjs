// R50: `npm run start:dev` rebuilds and restarts the service; the embedded database is the same server all along, and
// however the watcher ends, nothing stays behind.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/drill-tools.mjs';

export const id = 'R50';
export const perStore = false;
export const limit = 300_000;

const PATIENCE = 90_000;
const STARTED = /API +http/g;

class WatchMode {
  output = '';
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-drill-'));

  constructor() {
    // Else, as root, the database would be kept elsewhere.
    chmodSync(this.folder, 0o755);
    const { DATABASE_URL: _, REDIS_URL: __, ...env } = process.env;
    this.child = spawn(process.execPath, ['scripts/start-dev.mjs'], {
      env: { ...env, NODE_ENV: 'development', PORT: '0', DATA_DIR: this.folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on('data', (chunk) => (this.output += chunk));
  }

  get starts() {
    return this.output.match(STARTED)?.length ?? 0;
  }

  /** The server's process. */
  get postgres() {
    return Number(
      readFileSync(join(this.folder, 'postgres/cluster/data/postmaster.pid'), 'utf8').split('\n')[0],
    );
  }

  async started(count) {
    await eventually(`${count} starts`, () => this.starts >= count, PATIENCE);
  }

  /** Processes below it, by their numbers. */
  below() {
    const rows = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .map((row) => row.trim().split(/\s+/).map(Number));
    const found = [this.child.pid];
    for (const parent of found) found.push(...rows.filter(([, ppid]) => ppid === parent).map(([pid]) => pid));
    return found;
  }

  async end(signal) {
    const processes = this.below();
    this.child.kill(signal);
    await once(this.child, 'exit');
    const left = () => processes.filter((pid) => isAlive(pid));
    await eventually('the end of all', () => left().length === 0, PATIENCE).catch(() => undefined);
    const count = left().length;
    for (const pid of left()) process.kill(pid, 'SIGKILL');
    return { count, of: processes.length };
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Saves a source, restarts, ends it. */
async function watch(rig, signal, saves) {
  const mode = new WatchMode();
  rig.defer(async () => {
    if (mode.child.exitCode === null && mode.child.signalCode === null) await mode.end('SIGTERM');
    rmSync(mode.folder, { recursive: true, force: true, maxRetries: 5 });
  });
  await mode.started(1);
  const before = mode.postgres;
  for (let save = 1; save <= saves; save++) {
    utimesSync('src/main.ts', new Date(), new Date());
    await mode.started(save + 1);
  }
  const isSame = saves === 0 || mode.postgres === before;
  const warnings = mode.output.split('\n').filter((line) => /"level":[456]0/.test(line)).length;
  const left = await mode.end(signal);
  return { isSame, warnings, left };
}

export async function run(rig, { isQuick }) {
  const rounds = [
    await watch(rig, 'SIGINT', isQuick ? 1 : 3),
    await watch(rig, 'SIGTERM', 0),
    await watch(rig, 'SIGKILL', 0),
  ];
  const warnings = rounds.reduce((sum, round) => sum + round.warnings, 0);
  const left = rounds.reduce((sum, round) => sum + round.left.count, 0);
  const below = rounds.reduce((sum, round) => sum + round.left.of, 0);
  return {
    isPassed: rounds.every((round) => round.isSame) && warnings === 0 && left === 0 && below > 9,
    figure: `${warnings} warnings at restarts, ${left} of ${below} processes left after SIGINT, SIGTERM, SIGKILL`,
  };
}

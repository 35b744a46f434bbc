import { cpus, loadavg, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Share of the cores that is taken while nothing of ours works, beyond which a machine is not quiet. */
const QUIET = 0.1;

function times() {
  const all = cpus().map(({ times: time }) => time);
  const sum = (pick) => all.reduce((total, time) => total + pick(time), 0);
  const idle = sum((time) => time.idle);
  return { idle, all: idle + sum(({ user, nice, sys, irq }) => user + nice + sys + irq) };
}

/** What other guests of the host took from this machine, in ticks since it started; Linux alone tells. */
function stolen() {
  try {
    return Number(readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/)[8]);
  } catch {
    return 0;
  }
}

/** Whether others use the machine: how much is taken while we do nothing, and what is stolen from it while we measure. */
export class Company {
  #busy = [];
  #stolenBefore = stolen();
  #startedAt = performance.now();

  /** Call it while nothing of ours has work. */
  async look() {
    const before = times();
    await delay(250);
    const after = times();
    const all = after.all - before.all;
    if (all > 0) this.#busy.push(1 - (after.idle - before.idle) / all);
  }

  summary() {
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    // Linux counts a hundred ticks a second.
    const steal = (stolen() - this.#stolenBefore) / (seconds * cpus().length * 100);
    const busy = this.#busy.reduce((sum, share) => sum + share, 0) / this.#busy.length;
    return { busy, steal, isQuiet: busy <= QUIET && steal <= QUIET };
  }
}

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    node: process.version,
    loadBefore: Number(loadavg()[0].toFixed(1)),
  };
}

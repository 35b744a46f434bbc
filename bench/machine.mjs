import { createHash } from 'node:crypto';
import { cpus, loadavg, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../test/support/drill-tools.mjs';

/** Share of the cores that is taken while nothing of ours works, beyond which a machine is not quiet. */
const QUIET = 0.1;
/** How much longer the same work may take than it did at best: a host that is busy slows its guests without a word. */
const STEADY = 1.25;

/** Milliseconds of the processor that never change but with the machine. */
function pulse() {
  const startedAt = performance.now();
  for (let i = 0; i < 20; i += 1) createHash('sha256').update(BLOCK).digest();
  return performance.now() - startedAt;
}
const BLOCK = Buffer.alloc(1 << 20);

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
  #pulses = [];
  #stolenBefore = stolen();
  #startedAt = performance.now();

  /** Call it while nothing of ours has work. */
  async look() {
    const before = times();
    await delay(250);
    const after = times();
    const all = after.all - before.all;
    if (all > 0) this.#busy.push(1 - (after.idle - before.idle) / all);
    this.#pulses.push(pulse());
  }

  summary() {
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    // Linux counts a hundred ticks a second.
    const steal = (stolen() - this.#stolenBefore) / (seconds * cpus().length * 100);
    const busy = this.#busy.reduce((sum, share) => sum + share, 0) / this.#busy.length;
    const slowed = median(this.#pulses) / Math.min(...this.#pulses);
    return { busy, steal, slowed, isQuiet: busy <= QUIET && steal <= QUIET && slowed <= STEADY };
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

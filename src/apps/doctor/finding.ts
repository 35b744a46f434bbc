import type { Facts } from './facts.js';

export interface Finding {
  /** `skipped`: nobody can know, because something else is at fault or not in use. */
  readonly status: 'ok' | 'warning' | 'fault' | 'skipped';
  /** What was found, in a line. */
  readonly says: string;
  /** What to do; of a warning and a fault. */
  readonly remedy?: string;
}

/** One line of the checklist in docs/production.md: what a program can know of it. */
export interface Check {
  /** As the checklist names it. */
  readonly id: string;
  look(facts: Facts): Finding;
}

export const ok = (says: string): Finding => ({ status: 'ok', says });
export const skipped = (says: string): Finding => ({ status: 'skipped', says });
export const warning = (says: string, remedy: string): Finding => ({ status: 'warning', says, remedy });
export const fault = (says: string, remedy: string): Finding => ({ status: 'fault', says, remedy });

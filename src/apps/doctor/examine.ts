import { databaseChecks } from './database-checks.js';
import type { Facts } from './facts.js';
import type { Check, Finding } from './finding.js';
import { redisChecks } from './redis-checks.js';
import { settingsChecks, surroundingsChecks } from './settings-checks.js';

/** Every line of the checklist in docs/production.md that a program can know, in its order. */
export const CHECKS: readonly Check[] = [
  ...settingsChecks,
  ...databaseChecks,
  ...redisChecks,
  ...surroundingsChecks,
];

export interface Examined extends Finding {
  readonly check: string;
}

export function examine(facts: Facts): Examined[] {
  return CHECKS.map((check) => ({ check: check.id, ...check.look(facts) }));
}

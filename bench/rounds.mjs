import { median } from '../test/support/drill-tools.mjs';
import { Company } from './machine.mjs';

/** How often a program is measured, and for how long at a time. */
export const paceOf = (isQuick) =>
  isQuick ? { rounds: 3, warmUp: 0.5, seconds: 1.5 } : { rounds: 5, warmUp: 1, seconds: 4 };

/**
 * Measures the programs in turn, so many rounds. Answers, for each by its name, what `measure(program)` gave in every round,
 * and whether the machine was quiet.
 */
export async function alternate({ id, rounds, programs, measure, describe, say }) {
  const company = new Company();
  const samples = Object.fromEntries(programs.map(({ name }) => [name, []]));
  for (let turn = 1; turn <= rounds; turn += 1) {
    for (const program of programs) {
      await company.look();
      const sample = await measure(program);
      samples[program.name].push(sample);
      say(`${id} round ${turn}/${rounds} ${program.name}: ${describe(sample)}`);
    }
  }
  return { samples, company: company.summary() };
}

/** The median of what `pick` takes of each round. */
export const middle = (samples, pick) => median(samples.map(pick));

/** The median of the ratios to another program in the same round: what slows a whole round down cancels out. */
export function ratio(samples, others, pick) {
  return median(samples.map((sample, turn) => pick(sample) / pick(others[turn])));
}

export const round = (value, digits = 0) => Number(value.toFixed(digits));

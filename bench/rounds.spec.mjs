import { alternate, middle, ratio } from './rounds.mjs';
import { rateResult } from './rates.mjs';
import { report } from './report.mjs';

const rates = (...all) => all.map((rate) => ({ rate, p50: 1, p99: 2, utilization: 0.5 }));
const rateOf = ({ rate }) => rate;

describe('the rounds', () => {
  it('measure one program after the other in every round', async () => {
    const turns = [];
    const { samples } = await alternate({
      id: 'P0',
      rounds: 2,
      programs: [{ name: 'a' }, { name: 'b' }],
      measure: ({ name }) => turns.push(name),
      describe: String,
      say: () => undefined,
    });
    expect(turns).toEqual(['a', 'b', 'a', 'b']);
    expect(samples).toEqual({ a: [1, 3], b: [2, 4] });
  });

  it('give the median, and the median of the ratios of the same round', () => {
    const [own, floor] = [rates(100, 10, 300), rates(200, 40, 300)];
    expect(middle(own, rateOf)).toBe(100);
    // 0.5, 0.25 and 1: the round in which everything was slow decides nothing.
    expect(ratio(own, floor, rateOf)).toBe(0.5);
  });
});

describe('the table of rates', () => {
  const company = { busy: 0.5, steal: 0, slowed: 1, isQuiet: false };
  const about = {
    id: 'P0',
    title: 'a case',
    target: '≥ 0.5 × the floor',
    floor: 'floor',
    programs: ['floor', 'ours'],
  };
  const tableOf = (own, floor = rates(100, 100, 100), least = 0.5) =>
    rateResult(
      { samples: { floor, ours: own }, company, rounds: 3 },
      { ...about, meets: (share) => share >= least },
    );
  const run = (...results) =>
    report({
      isQuick: false,
      machine: { cores: 2 },
      results: results.map((result) => ({ ...result, at: '2026-11-27T10:00:00.000Z' })),
    });

  it('judges the last program alone, by its ratio to the floor', () => {
    expect(tableOf(rates(50, 50, 50)).rows.map(({ isMet }) => isMet)).toEqual([null, true]);
    expect(tableOf(rates(49, 49, 99)).rows.map(({ isMet }) => isMet)).toEqual([null, false]);
  });

  it('says that a program may be faster where the client could not ask more', () => {
    const floor = rates(1_000, 1_000, 1_000).map((sample) => ({ ...sample, utilization: 0.99 }));
    expect(tableOf(rates(500, 500, 500), floor).rows.map(({ values: [rate] }) => rate)).toEqual([
      '≥ 1,000',
      '500',
    ]);
  });

  it('is reported with its target, and with whoever else used the machine', () => {
    const text = run(tableOf(rates(50, 50, 50)));
    expect(text).toContain('| ours    | 50         | 1      | 2      | 0.5 ×    | met    |');
    expect(text).toContain('others took 50 % of it');
  });

  it('is reported as failed where it could not be measured', () => {
    expect(run({ id: 'P0', failure: 'answered 500' })).toContain('## P0: FAILED\n\n`answered 500`');
  });
});

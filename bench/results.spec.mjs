import { merge } from './results.mjs';

const run = (cpu, ...ids) => ({ machine: { cpu }, results: ids.map((id) => ({ id, from: cpu })) });
const idsOf = ({ results }) => results.map(({ id }) => id);

describe('the results that are kept', () => {
  it('are those of an earlier run for cases that were not run this time, in order', () => {
    const earlier = run('one', 'P11', 'P2');
    const merged = merge(earlier, { ...run('one', 'P2', 'P3'), isQuick: false });
    expect(idsOf(merged)).toEqual(['P2', 'P3', 'P11']);
    expect(merged.results[0]).not.toBe(earlier.results[1]);
  });

  it('are of one machine', () => {
    expect(idsOf(merge(run('one', 'P1', 'P2'), run('another', 'P3')))).toEqual(['P3']);
  });
});

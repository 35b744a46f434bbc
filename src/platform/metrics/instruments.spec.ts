import { counter, gauge, histogram } from './instruments.js';

const valuesOf = async (instrument: { get(): Promise<{ values: readonly object[] }> }) =>
  (await instrument.get()).values;

describe('a counter', () => {
  it('counts by its labels, and shows a series from when it is first named', async () => {
    const made = counter('gatehouse_test_things_total', 'Things', ['kind']);
    made.of({ kind: 'none' });
    made.inc({ kind: 'one' });
    made.of({ kind: 'one' }).inc(2);
    expect(await made.get()).toMatchObject({
      name: 'gatehouse_test_things_total',
      type: 'counter',
      help: 'Things',
    });
    expect(await valuesOf(made)).toEqual([
      { labels: { kind: 'none' }, value: 0 },
      { labels: { kind: 'one' }, value: 3 },
    ]);
  });

  it('has a bounded number of series, whatever becomes a label', async () => {
    const made = counter('gatehouse_test_unbounded_total', 'Unbounded', ['path', 'method']);
    for (let index = 0; index < 5_000; index += 1) made.inc({ path: `/${index}`, method: 'GET' });
    const values = (await valuesOf(made)) as { labels: object; value: number }[];
    expect(values).toHaveLength(2_001);
    expect(values.at(-1)).toEqual({ labels: { path: 'other', method: 'other' }, value: 3_000 });
  });

  it('has a name of its own', () => {
    counter('gatehouse_test_twice_total', 'Once');
    expect(() => counter('gatehouse_test_twice_total', 'Twice')).toThrow(
      'two metrics gatehouse_test_twice_total',
    );
  });
});

it('a histogram counts what is not above each bound, the bound itself included', async () => {
  const made = histogram('gatehouse_test_seconds', 'Seconds', [0.1, 1], ['lane']);
  const lane = made.of({ lane: 'a' });
  for (const seconds of [0.05, 0.1, 0.5, 7]) lane.observe(seconds);
  const bucket = (le: number | string, value: number) => ({
    metricName: 'gatehouse_test_seconds_bucket',
    labels: { lane: 'a', le },
    value,
  });
  expect(await valuesOf(made)).toEqual([
    bucket(0.1, 2),
    bucket(1, 3),
    bucket('+Inf', 4),
    { metricName: 'gatehouse_test_seconds_sum', labels: { lane: 'a' }, value: 7.65 },
    { metricName: 'gatehouse_test_seconds_count', labels: { lane: 'a' }, value: 4 },
  ]);
});

it('a gauge asks its readers, adds up what several say of one series, and asks none that has left', async () => {
  const made = gauge('gatehouse_test_open', 'Open', ['pool']);
  made.read(() => [[{ pool: 'a' }, 1]]);
  const leave = made.read(async () => [
    [{ pool: 'a' }, 2],
    [{ pool: 'b' }, 5],
  ]);
  expect(await valuesOf(made)).toEqual([
    { labels: { pool: 'a' }, value: 3 },
    { labels: { pool: 'b' }, value: 5 },
  ]);
  leave();
  expect(await valuesOf(made)).toEqual([{ labels: { pool: 'a' }, value: 1 }]);
});

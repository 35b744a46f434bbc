import { chart, decades } from './chart.mjs';

const drawn = (points, name = 'a case') =>
  chart({ title: 'T', x: 'users', y: 'ms', lines: [{ name, points }] });
const placesOf = (svg) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map((place) => place.slice(1).map(Number));

describe('a chart', () => {
  it('reaches over the powers of ten its values lie between', () => {
    expect(decades([12, 900])).toEqual({ from: 1, to: 3 });
    expect(decades([10_000, 1_000_000])).toEqual({ from: 4, to: 6 });
    expect(decades([0.02, 5])).toEqual({ from: -2, to: 1 });
    expect(decades([10, 10])).toEqual({ from: 1, to: 2 });
  });

  it('draws what grows tenfold in equal steps, upwards', () => {
    const [[x1, y1], [x2, y2], [x3, y3]] = placesOf(
      drawn([
        [10, 1],
        [100, 10],
        [1_000, 100],
      ]),
    );
    expect(x2 - x1).toBeCloseTo(x3 - x2, 0);
    expect(y2 - y1).toBeCloseTo(y3 - y2, 0);
    expect(y1).toBeGreaterThan(y2);
    expect(x1).toBeLessThan(x2);
  });

  it('draws what does not grow level', () => {
    const heights = placesOf(
      drawn([
        [10, 3],
        [100, 3],
      ]),
    ).map(([, y]) => y);
    expect(heights[0]).toBe(heights[1]);
  });

  it('writes names as text', () => {
    expect(
      drawn(
        [
          [10, 1],
          [100, 2],
        ],
        'a < b & c',
      ),
    ).toContain('>a &lt; b &amp; c<');
  });
});

import { randomCode } from './code-issuer.js';

const CODES = 10_000;

it('S23: codes have six digits, each of them uniform, leading zeros kept', () => {
  const codes = Array.from({ length: CODES }, randomCode);
  expect(codes.filter((code) => !/^[0-9]{6}$/.test(code))).toEqual([]);
  expect(codes.some((code) => code.startsWith('0'))).toBe(true);
  for (let place = 0; place < 6; place += 1) {
    const counts = new Map<string, number>();
    for (const code of codes) counts.set(code.charAt(place), (counts.get(code.charAt(place)) ?? 0) + 1);
    const expected = CODES / 10;
    const chiSquared = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    expect(counts.size).toBe(10);
    // Nine degrees of freedom: above 39 once in 100,000.
    expect(chiSquared).toBeLessThan(39);
  }
});

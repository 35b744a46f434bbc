import { canonicalJson } from './canonical-json.js';

describe('canonicalJson', () => {
  it('A6: is one text for members in any order, at every depth', () => {
    const one = { b: [{ y: 1, x: { d: null, c: '' } }], a: 'é' };
    const other = { a: 'é', b: [{ x: { c: '', d: null }, y: 1 }] };
    expect(canonicalJson(one)).toBe(canonicalJson(other));
    expect(canonicalJson(one)).toBe('{"a":"é","b":[{"x":{"c":"","d":null},"y":1}]}');
  });

  it.each<[string, unknown, unknown]>([
    ['the order of a list', [1, 2], [2, 1]],
    ['a number and its text', { a: 1 }, { a: '1' }],
    ['null and nothing', { a: null }, {}],
    ['a list and an object with its indices', ['a'], { 0: 'a' }],
    ['names that differ in case', { a: 1 }, { A: 1 }],
  ])('A6: tells apart %s', (_, one, other) => {
    expect(canonicalJson(one)).not.toBe(canonicalJson(other));
  });
});

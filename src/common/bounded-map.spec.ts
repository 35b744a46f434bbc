import { BoundedMap } from './bounded-map.js';

describe('a bounded map', () => {
  it('holds what was put in, and knows nothing else', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1);
    expect([map.get('a'), map.get('b'), map.size]).toEqual([1, undefined, 1]);
    map.set('a', 2);
    expect([map.get('a'), map.size]).toEqual([2, 1]);
  });

  it('never holds more than its limit, and forgets the oldest first', () => {
    const map = new BoundedMap<number, number>(3);
    for (let key = 0; key < 1_000; key += 1) {
      map.set(key, key);
      expect(map.size).toBeLessThanOrEqual(3);
    }
    expect([996, 997, 998, 999].map((key) => map.get(key))).toEqual([undefined, 997, 998, 999]);
  });

  it('keeps what is read or written before what nobody asks for', () => {
    const map = new BoundedMap<string, number>(3);
    for (const key of ['read', 'written', 'idle']) map.set(key, 1);
    map.get('read');
    map.set('written', 2);
    map.set('new', 1);
    expect(['read', 'written', 'idle', 'new'].map((key) => map.get(key))).toEqual([1, 2, undefined, 1]);
  });

  it('keeps values that are falsy', () => {
    const map = new BoundedMap<string, number | null>(2);
    map.set('zero', 0);
    map.set('null', null);
    expect([map.get('zero'), map.get('null')]).toEqual([0, null]);
  });

  it('forgets on demand, one or all', () => {
    const map = new BoundedMap<string, number>(3);
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    map.delete('a');
    map.delete('not there');
    expect([map.get('a'), map.size]).toEqual([undefined, 2]);
    map.clear();
    expect([map.get('b'), map.size]).toEqual([undefined, 0]);
  });

  it('holds fewer of what weighs more, and nothing that is too heavy by itself', () => {
    const map = new BoundedMap<string, string>(10, ({ length }) => length);
    map.set('a', 'four');
    map.set('b', 'four');
    map.set('b', 'fifth');
    expect([map.get('a'), map.get('b')]).toEqual(['four', 'fifth']);
    map.set('c', 'two');
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, 'fifth', 'two']);
    map.set('d', 'eleven long');
    expect(map.size).toBe(0);
    map.set('e', 'ten');
    expect(map.get('e')).toBe('ten');
  });
});

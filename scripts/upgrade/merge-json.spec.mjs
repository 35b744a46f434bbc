import { mergeJson } from './merge-json.mjs';

const BASE = {
  name: 'gatehouse',
  version: '1.0.0',
  scripts: { start: 'a', test: 'b' },
  dependencies: { b: '1', d: '1' },
};

describe('package.json of two sides', () => {
  it('has the name of one and the version of the other, though they are neighbours', () => {
    const { merged, conflicts } = mergeJson(BASE, { ...BASE, name: 'corp' }, { ...BASE, version: '1.1.0' });
    expect(merged).toEqual({ ...BASE, name: 'corp', version: '1.1.0' });
    expect(conflicts).toEqual([]);
  });

  it('has the packages that each added or updated, sorted, without those that one removed', () => {
    const { merged, conflicts } = mergeJson(
      BASE,
      { ...BASE, dependencies: { b: '1', c: '1', d: '1' } },
      { ...BASE, dependencies: { a: '1', b: '2' } },
    );
    expect(Object.entries(merged.dependencies)).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '1'],
    ]);
    expect(conflicts).toEqual([]);
  });

  it('keeps the order of the release where nobody sorted', () => {
    const { merged } = mergeJson(
      BASE,
      { ...BASE, scripts: { start: 'a', test: 'b', own: 'c' } },
      { ...BASE, scripts: { zip: 'z', start: 'a', test: 'b' } },
    );
    expect(Object.keys(merged.scripts)).toEqual(['zip', 'start', 'test', 'own']);
    expect(Object.keys(merged)).toEqual(Object.keys(BASE));
  });

  it('is decided by people where both changed the same differently, or one removed what the other changed', () => {
    const ours = { ...BASE, version: '7.0.0', scripts: { start: 'a' } };
    const theirs = { ...BASE, version: '1.1.0', scripts: { start: 'a', test: 'bb' } };
    expect(mergeJson(BASE, ours, theirs).conflicts).toEqual(['version', 'scripts.test']);
    expect(mergeJson(BASE, ours, ours)).toEqual({ merged: ours, conflicts: [] });
  });
});

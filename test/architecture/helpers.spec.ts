import { allImports, type Import, importsOf, readSources } from './sources.js';

describe('the helpers of the tests', () => {
  const KINDS = new Set(['architecture', 'e2e', 'integration', 'security']);
  const tests = readSources('test');
  const kindOf = (path: string) => /^test\/([^/]+)\//.exec(path)?.[1] ?? '';
  const breaks = ({ from, to }: Import) =>
    KINDS.has(kindOf(to)) && kindOf(to) !== kindOf(from) && kindOf(to) !== 'architecture';

  it('are in test/support when several kinds of tests share them, and import from none of these', () => {
    expect(tests.has('test/support/app.ts')).toBe(true);
    const imports = allImports(tests);
    expect(imports.filter(breaks)).toEqual([]);
    expect(imports.filter(({ from, to }) => kindOf(from) === 'support' && KINDS.has(kindOf(to)))).toEqual([]);
  });

  it.each([
    ['test/support/a.ts', '../e2e/b.js'],
    ['test/security/a.sec-spec.ts', '../e2e/b.js'],
    ['test/integration/a.int-spec.ts', '../security/b.js'],
  ])('are found where they do: %s imports %s', (path, specifier) => {
    expect(importsOf(path, `import '${specifier}';`).filter(breaks)).toHaveLength(1);
  });
});

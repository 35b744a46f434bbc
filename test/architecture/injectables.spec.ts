import { posix } from 'node:path';
import { callersOf, type Injectable, injectablesOf, nameOf, p90, shapesOf } from './injectables.js';
import { readSources } from './sources.js';

const src = readSources('src');
const injectables = injectablesOf(src);
/** Those of the nouns. */
const named = injectables.filter(
  ({ path, isInjected }) => isInjected && !/^src\/(?:platform|common|apps)\//.test(path),
);
/** Kinds with rules of their own; who may import a repository says the ladder. */
const KINDS = /\.(?:repository|guard|interceptor|strategy|decorator)\.ts$/;

it('what Nest makes depends on five things at most, in nine cases of ten', () => {
  expect(injectables.length).toBeGreaterThan(100);
  expect(p90(injectables.map(({ dependencies }) => dependencies))).toBeLessThanOrEqual(5);
});

it('what a route takes and answers stands beside a controller, in a file that says so', () => {
  const folders = new Set(
    [...src.keys()].filter((path) => path.endsWith('.controller.ts')).map((path) => posix.dirname(path)),
  );
  const isInPlace = (path: string) =>
    /\.(?:dto|query|response|controller)\.ts$/.test(path) &&
    (folders.has(posix.dirname(path)) || path.startsWith('src/platform/'));
  const shapes = shapesOf(src);
  expect(shapes.length).toBeGreaterThan(30);
  expect(shapes.filter(({ path }) => !isInPlace(path))).toEqual([]);
});

it('what is injected has the name of its file', () => {
  expect(named.length).toBeGreaterThan(80);
  const misnamed = named.filter(({ path, name }) => nameOf(path).toLowerCase() !== name.toLowerCase());
  // A decorator's own interceptor or pipe stands beside it.
  expect(misnamed.filter(({ path }) => !path.endsWith('.decorator.ts'))).toEqual([]);
});

it('what other folders call is a service, by its file and its class', () => {
  const isKnownByKind = ({ path }: Injectable) => KINDS.test(path);
  const called = named.filter((one) => !isKnownByKind(one) && callersOf(src, one).length > 0);
  expect(called.length).toBeGreaterThan(20);
  expect(called.filter(({ path }) => !path.endsWith('.service.ts'))).toEqual([]);
});

describe('the rules', () => {
  const of = (text: string, path = 'src/a/b.service.ts') => new Map([[path, text]]);

  it('count what a constructor takes', () => {
    const text = `@Injectable() export class B { constructor(@Inject(X) private readonly x: X, y: Y) {} }
      export class C { constructor(x: X) {} }
      @Catch(E) export class D {}`;
    expect(injectablesOf(of(text))).toEqual([
      { path: 'src/a/b.service.ts', name: 'B', isInjected: true, dependencies: 2 },
      { path: 'src/a/b.service.ts', name: 'D', isInjected: false, dependencies: 0 },
    ]);
  });

  it('find bodies, queries and answers by their names', () => {
    const text = 'class ADto {} class AResponse {} class ListQuery {} class Answer {}';
    expect(shapesOf(of(text)).map(({ name }) => name)).toEqual(['ADto', 'AResponse', 'ListQuery']);
  });

  it('take the value that nine in ten do not exceed', () => {
    expect(p90([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toBe(9);
    expect(p90([])).toBe(0);
  });

  it('find the folders that call, modules that put them together left out', () => {
    const sources = new Map([
      ['src/a/b.ts', ''],
      ['src/a/c.ts', "import { B } from './b.js';"],
      ['src/a/sub/d.ts', "import { B } from '../b.js';"],
      ['src/e/e.module.ts', "import { B } from '../a/b.js';"],
      ['src/e/f.ts', "import type { B } from '../a/b.js';"],
      ['src/e/h.ts', "import { LENGTH } from '../a/b.js';"],
      ['src/apps/g.ts', "import { B } from '../a/b.js';"],
    ]);
    expect(callersOf(sources, { path: 'src/a/b.ts', name: 'B' })).toEqual(['src/a/sub/d.ts', 'src/e/f.ts']);
  });

  it('read the name of a class in that of its file', () => {
    expect(nameOf('src/a/send-budget.repository.ts')).toBe('SendBudgetRepository');
  });
});

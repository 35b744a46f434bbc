import { version } from '../../src/common/version.js';
import { readText } from './sources.js';

interface LockFile {
  readonly version: string;
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

interface Entry {
  readonly package: string;
  /** The advisories behind it. */
  readonly reason: string;
}

interface Minimums {
  readonly packages: readonly (Entry & {
    readonly minimum: string;
    /** Not installed; listed for the day it is. */
    readonly watched?: boolean;
  })[];
  /** May not be installed, not even by a dependency. */
  readonly refused: readonly Entry[];
}

const minimums = JSON.parse(readText('test/architecture/min-versions.json')) as Minimums;
const lock = JSON.parse(readText('package-lock.json')) as LockFile;
const manifest = JSON.parse(readText('package.json')) as { version: string };

/** Every copy of a package in the lock file, nested ones included: `[version, path]`. */
function copiesOf(name: string, packages: LockFile['packages']): [string, string][] {
  return Object.entries(packages)
    .filter(([path]) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`))
    .map(([path, entry]) => [entry.version ?? '', path]);
}

/** Whether `one` is at least `other`; a pre-release is below its release (Semantic Versioning 2.0, section 11). */
function isAtLeast(one: string, other: string): boolean {
  const [a, b] = [numbersOf(one), numbersOf(other)];
  const index = [0, 1, 2].find((place) => a[place] !== b[place]);
  return index === undefined ? !one.includes('-') || other.includes('-') : (a[index] ?? 0) > (b[index] ?? 0);
}

function numbersOf(text: string): number[] {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (!match) throw new Error(`${text} is no version`);
  return match.slice(1).map(Number);
}

function tooOld(packages: LockFile['packages']): string[] {
  return minimums.packages.flatMap(({ package: name, minimum }) =>
    copiesOf(name, packages)
      .filter(([installed]) => !isAtLeast(installed, minimum))
      .map(([installed, path]) => `${path} is ${installed}, below ${minimum}`),
  );
}

describe('the version of the product', () => {
  it('is the same in the code, package.json and package-lock.json', () => {
    expect([version, lock.version, lock.packages['']?.version]).toEqual(Array(3).fill(manifest.version));
  });
});

describe('S97: the minimum patched versions', () => {
  it('are met by every copy in the lock file', () => {
    expect(tooOld(lock.packages)).toEqual([]);
  });

  it('keep out what must not come in', () => {
    expect(minimums.refused.flatMap(({ package: name }) => copiesOf(name, lock.packages))).toEqual([]);
  });

  it('speak of packages that are installed, or say that they are only watched', () => {
    const silent = minimums.packages.filter(
      ({ package: name, watched }) => copiesOf(name, lock.packages).length === 0 && watched !== true,
    );
    expect(silent).toEqual([]);
  });

  it('each have a reason and are listed once', () => {
    const entries = [...minimums.packages, ...minimums.refused];
    expect(entries.filter(({ reason }) => reason.length < 20)).toEqual([]);
    expect(new Set(entries.map((entry) => entry.package)).size).toBe(entries.length);
  });

  it('are compared number by number, in nested copies too', () => {
    expect(isAtLeast('5.12.8', '5.8.5')).toBe(true);
    expect(isAtLeast('5.8.5', '5.8.5')).toBe(true);
    expect(isAtLeast('5.8.4', '5.8.5')).toBe(false);
    expect(isAtLeast('4.99.99', '5.0.0')).toBe(false);
    expect(isAtLeast('5.8.5-rc.1', '5.8.5')).toBe(false);
    expect(
      tooOld({
        'node_modules/fastify': { version: '5.12.8' },
        'node_modules/old/node_modules/fastify': { version: '5.8.2' },
        'node_modules/not-fastify': { version: '0.0.1' },
      }),
    ).toEqual(['node_modules/old/node_modules/fastify is 5.8.2, below 5.8.5']);
  });
});

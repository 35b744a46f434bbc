// Jest's runtime, which loads the service once per worker instead of once per test file: half of the time of a run.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import JestRuntime from 'jest-runtime';
// As the service does before all else.
import 'reflect-metadata';

const ROOT = join(import.meta.dirname, '../../..');
/** What `npm run build` compiles to `dist`. */
const BUILT = /^(?:(?:src|seeds|migrations)\/|ormconfig[.])/;
/** What of `test/support` is worth keeping: compiled schemas. */
const KEPT = /^test\/support\/(?:contract|published-events)[.]/;

const require = createRequire(import.meta.url);
/** By path from here, and by path in full. */
const kept = new Map();
const sourceMaps = new Map();

/**
 * Who loads what:
 * - the service, from the build, packages and what is JavaScript already: Node, once, as in production;
 * - the two modules of {@link KEPT}: Jest, once;
 * - spec files and other TypeScript: Jest, for each file anew.
 */
export default class Runtime extends JestRuntime {
  #resolver;

  constructor(config, environment, resolver, ...rest) {
    super(config, environment, resolver, ...rest);
    this.#resolver = resolver;
    const { executor } = this;
    // In the realm of all, instead of one per file.
    executor.compile = (source, filename) =>
      compileFunction(source, executor.injectedModuleParameters, { filename });
    for (const [path, map] of sourceMaps) this.getSourceMaps().set(path, map);
  }

  requireModuleOrMock(from, name) {
    if (name.startsWith('@jest/')) return super.requireModuleOrMock(from, name);
    if (!/^[./]|^@gatehouse\//.test(name)) return require(pathOfPackage(name));
    const path = /^[./]/.test(name)
      ? resolve(dirname(from), name)
      : this.#resolver.resolveStubModuleName(from, name, { conditions: ['import', 'default'] });
    const ours = relative(ROOT, path);
    if (BUILT.test(ours)) return require(join(ROOT, 'dist', ours.replace(/[.]ts$/, '.js')));
    if (/[.][cm]?js$/.test(path) && existsSync(path)) return require(path);
    if (!KEPT.test(ours)) return super.requireModuleOrMock(from, name);
    if (!kept.has(ours)) kept.set(ours, super.requireModuleOrMock(from, name));
    return kept.get(ours);
  }

  /** Spec files in JavaScript, which need no compiling. */
  unstable_importModule(path) {
    return import(pathToFileURL(path).href);
  }

  /** @throws Error always: a module that other files use too is not replaced. */
  setMock(from, name) {
    throw new Error(`${from} mocks ${name}, which all files share: hand in what is to be used instead`);
  }

  teardown() {
    for (const [path, map] of this.getSourceMaps())
      if (KEPT.test(relative(ROOT, path))) sourceMaps.set(path, map);
    super.teardown();
  }
}

/** Resolved as `import` does it, so that a package that comes in two forms is there once. */
function pathOfPackage(name) {
  const url = import.meta.resolve(name);
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

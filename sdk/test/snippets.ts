import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Checked more strictly than most do: whoever has these options must not meet faults of the package. */
const STRICT = {
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
};

/** All snippets of the README of a package that are of a kind (`ts`, `ts browser`), one after the other. */
export async function snippetsOf(packageFolder: string, kind: string): Promise<string> {
  const readme = await readFile(join(packageFolder, 'README.md'), 'utf8');
  const found = Array.from(readme.matchAll(/```(ts[ \w]*)\n([\s\S]*?)```/g))
    .filter(([, info]) => info === kind)
    .map(([, , code = '']) => code);
  if (found.length === 0) throw new Error(`The README has no snippets of ${kind}`);
  return found.join('\n');
}

/** Programs in a folder inside a package: there it is found by its name, as it was built. */
export class Scratch {
  private readonly folder: string;

  constructor(packageFolder: string) {
    this.folder = join(packageFolder, '.scratch');
  }

  async write(files: Readonly<Record<string, string>>, compilerOptions: object): Promise<void> {
    await this.remove();
    await mkdir(this.folder);
    const configuration = { compilerOptions: { ...STRICT, ...compilerOptions }, files: Object.keys(files) };
    const all = { ...files, 'tsconfig.json': JSON.stringify(configuration) };
    for (const [name, text] of Object.entries(all)) await writeFile(this.path(name), text);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** What the compiler finds; empty when all is well. */
  async typeFaults(): Promise<string> {
    const compiler = [resolve('node_modules/typescript/bin/tsc'), '-p', this.folder];
    const { stdout } = await run(process.execPath, compiler).catch((fault: { stdout: string }) => fault);
    return stdout;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

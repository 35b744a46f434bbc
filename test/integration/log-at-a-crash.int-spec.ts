import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const BUILT = pathToFileURL(resolve('dist/src/platform/logging/log-output.js')).href;

/** What a process that writes a line to the log and then does this has written to its standard output. */
function outputOf(end: string): string {
  const program = `
    const { logOutput } = await import(process.argv[1]);
    logOutput.write('the last line\\n');
    ${end}`;
  const options = { encoding: 'utf8', env: {} } as const;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', program, BUILT], options).stdout;
}

it.each([
  ['throws what nobody catches', `throw new Error('a crash');`],
  ['leaves at once', 'process.exit(1);'],
])('A8, S105: the last lines are written by a process that %s', (_, end) => {
  expect(outputOf(end)).toBe('the last line\n');
});

import { readOptions, USAGE } from './options.mjs';
import { Problem } from './problem.mjs';

/** What it says to who asks for what cannot be done. */
function refusal(...args) {
  try {
    readOptions(args);
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

describe('the options of an upgrade', () => {
  it('name the release, and once where a project began', () => {
    expect(readOptions(['--from', 'v1.2.0'])).toEqual({ mode: 'from', from: 'v1.2.0' });
    expect(
      readOptions(['--from', 'upstream/main', '--base', 'v1.0.0-rc.1+2', '--check', 'npm test']),
    ).toEqual({
      mode: 'from',
      from: 'upstream/main',
      base: 'v1.0.0-rc.1+2',
      check: 'npm test',
    });
  });

  it('go on, go back or explain themselves', () => {
    expect(readOptions(['--continue'])).toMatchObject({ mode: 'continue' });
    expect(readOptions(['--abort'])).toMatchObject({ mode: 'abort' });
    expect(readOptions(['-h', '--abort'])).toMatchObject({ mode: 'help' });
  });

  it.each([
    [[], 'Say one of'],
    [['--from', 'v1', '--abort'], 'Say one of'],
    [['--continue', '--abort'], 'Say one of'],
    [['--continue', '--base', 'v1'], '--base goes with --from'],
    [['--abort', '--check', 'true'], '--abort checks nothing'],
    [['--from', ''], '--from is empty'],
    [['--from=--upload-pack=x'], 'no name of a release'],
    [['--from', 'v1 v2'], 'no name of a release'],
    [['--from', 'v1', '--base', 'HEAD^{tree}'], 'no name of a release'],
    [['v1.2.0'], 'v1.2.0'],
    [['--form', 'v1'], '--form'],
  ])('are refused as %j, with what there is instead', (args, text) => {
    const message = refusal(...args);
    expect(message).toContain(text);
    expect(message).toContain(USAGE);
  });
});

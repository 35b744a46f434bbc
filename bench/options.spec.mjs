import { CASES, readOptions, UsageError } from './options.mjs';

/** What it says to who asks for what cannot be had. */
function refusal(...args) {
  try {
    readOptions(args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

describe('the options of the benchmark', () => {
  it('measure all cases unless some are named', () => {
    expect(readOptions([])).toMatchObject({
      wanted: Object.keys(CASES),
      isQuick: false,
      isJson: false,
      isCheck: false,
    });
  });

  it('measure cases of one file once', () => {
    const { wanted, files } = readOptions(['--only', 'P2,P1,P3', '--quick', '--check']);
    expect(wanted).toEqual(['P2', 'P1', 'P3']);
    expect(files).toEqual([CASES.P1, CASES.P3]);
  });

  it('add up when they are given twice', () => {
    expect(readOptions(['--only', 'P1', '--only', 'P3']).wanted).toEqual(['P1', 'P3']);
  });

  it('are told to who asks for help', () => {
    expect(readOptions(['--help', '--only', 'P1'])).toEqual({ isHelp: true });
  });

  it('say in one line what a case waits for', () => {
    expect(refusal('--only', 'P1,P13')).toBe('P13 waits for client credentials.\n');
  });

  it.each([['--only', 'P99'], ['--only', ''], ['--fast']])(
    'say what there is instead of %s %s',
    (...args) => {
      expect(refusal(...args)).toContain(`there are: ${Object.keys(CASES).join(', ')}`);
    },
  );
});

import { CommandFailed, runCommand, UsageError } from './command.js';

const USAGE = 'npm run door -- open\n';

/** What was printed and the exit code. */
async function outcomeOf(work: (args: readonly string[]) => Promise<string>) {
  const out = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await runCommand(USAGE, work);
    return { out: out.mock.calls.join(''), err: err.mock.calls.join(''), code: process.exitCode };
  } finally {
    process.exitCode = before;
    jest.restoreAllMocks();
  }
}

const refuse = (error: Error) => async () => {
  throw error;
};

describe('a command', () => {
  it('prints what it answers', async () => {
    expect(await outcomeOf(async () => 'It is open.\n')).toEqual({ out: 'It is open.\n', err: '', code: 0 });
  });

  it.each([
    ['without more to say', new UsageError(), USAGE],
    [
      'with the reason first',
      new UsageError('There is no command shut.'),
      `There is no command shut.\n${USAGE}`,
    ],
  ])('shows its usage and exits with 2, %s', async (_, error, err) => {
    expect(await outcomeOf(refuse(error))).toEqual({ out: '', err, code: 2 });
  });

  it.each(['--help', '-h'])('shows its usage where it is asked for, %s', async (option) => {
    const before = process.argv;
    process.argv = ['node', 'command.js', 'open', option];
    try {
      expect(await outcomeOf(refuse(new Error('never run')))).toEqual({ out: USAGE, err: '', code: 0 });
    } finally {
      process.argv = before;
    }
  });

  it('says in one line why it failed and exits with 1', async () => {
    const error = new CommandFailed('The door is locked. Find the key.');
    expect(await outcomeOf(refuse(error))).toEqual({ out: '', err: `${error.message}\n`, code: 1 });
  });

  it('says where a fault of the program came from', async () => {
    const { err, code } = await outcomeOf(refuse(new TypeError('no handle')));
    expect(err).toMatch(/^That failed: TypeError: no handle\n +at /);
    expect(code).toBe(1);
  });
});

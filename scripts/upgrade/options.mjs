import { parseArgs } from 'node:util';
import { Problem } from './problem.mjs';

export const USAGE = `npm run upgrade -- --from TAG [--base TAG] [--check COMMAND]
npm run upgrade -- --continue [--check COMMAND]
npm run upgrade -- --abort
  --from TAG       the release to take, as v1.2.0; fetched from the remote "upstream" where it is not known
  --base TAG       the release this began from: once, for a project that shares no history with it (made from a template)
  --check COMMAND  what must pass before the commit, in place of: npm run check
  --continue       goes on, after conflicts are resolved or what failed is put right
  --abort          puts everything back as it was before
`;

const MODES = ['help', 'continue', 'abort', 'from'];

/** `{ mode, from?, base?, check? }`. @throws Problem, which says what can be asked for */
export function readOptions(args) {
  const values = parse(args);
  const modes = MODES.filter((mode) => values[mode] !== undefined);
  if (modes.includes('help')) return { mode: 'help' };
  if (modes.length !== 1) throw new Problem(`Say one of --from TAG, --continue and --abort.\n${USAGE}`);
  const [mode] = modes;
  if (values.base !== undefined && mode !== 'from') throw new Problem(`--base goes with --from.\n${USAGE}`);
  if (values.check !== undefined && mode === 'abort') throw new Problem(`--abort checks nothing.\n${USAGE}`);
  for (const name of ['from', 'base', 'check']) {
    if (values[name]?.trim() === '') throw new Problem(`--${name} is empty.\n${USAGE}`);
  }
  for (const name of ['from', 'base']) {
    // Git would take it for an option, or for something other than a name.
    if (values[name] !== undefined && !/^[\w.][\w./+-]*$/.test(values[name]))
      throw new Problem(`--${name} ${values[name]} is no name of a release.\n${USAGE}`);
  }
  const { from, base, check } = values;
  return { mode, from, base, check };
}

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        from: { type: 'string' },
        base: { type: 'string' },
        check: { type: 'string' },
        continue: { type: 'boolean' },
        abort: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new Problem(`${error.message}\n${USAGE}`, { cause: error });
  }
}

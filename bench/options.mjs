import { parseArgs } from 'node:util';

/** Which file of this folder measures a case. */
export const CASES = {
  P1: 'who-am-i',
  P2: 'who-am-i',
  P3: 'health',
  P4: 'login',
  P5: 'refresh',
  P6: 'create-user',
  P9: 'privileges',
  P10: 'start',
  P11: 'outbox',
  P12: 'processes',
  P14: 'introspection',
  P18: 'refresh',
  growth: 'growth',
};

/** What a case waits for that cannot be measured yet. */
const WAITING = {
  P7: 'search',
  P8: 'search',
  P13: 'client credentials',
  P15: 'API keys',
  P19: 'the import of users',
  P20: 'the export of the audit log',
};

export const USAGE = `npm run bench -- [--only P1,P3] [--quick] [--json] [--check]
  --only P1,P3  these cases; without it all there are: ${Object.keys(CASES).join(', ')}
  --quick       fewer and shorter rounds, for a first look
  --json        the results as JSON on standard output, and nothing else there (npm run -s bench)
  --check       exit with 1 when a target is missed
`;

/** The command cannot be carried out as it was given. */
export class UsageError extends Error {}

/**
 * What is asked for; only that it is help, where it is.
 * @throws UsageError, which says what can be asked for
 */
export function readOptions(args) {
  const values = parse(args);
  if (values.help) return { isHelp: true };
  const wanted =
    values.only?.flatMap((list) => list.split(',')).filter((id) => id !== '') ?? Object.keys(CASES);
  const waiting = wanted.filter((id) => id in WAITING);
  if (waiting.length > 0)
    throw new UsageError(waiting.map((id) => `${id} waits for ${WAITING[id]}.\n`).join(''));
  const unknown = wanted.filter((id) => !(id in CASES));
  if (unknown.length > 0 || wanted.length === 0) {
    throw new UsageError(`There is no case ${unknown.join(', ') || 'without a name'}.\n${USAGE}`);
  }
  return {
    wanted: [...new Set(wanted)],
    files: [...new Set(wanted.map((id) => CASES[id]))],
    isQuick: values.quick,
    isJson: values.json,
    isCheck: values.check,
  };
}

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        only: { type: 'string', multiple: true },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error.message}\n${USAGE}`);
  }
}

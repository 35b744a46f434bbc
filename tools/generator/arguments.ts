import { parseArgs } from 'node:util';
import { FIELD_TYPES } from './field-types.ts';
import type { NounRequest } from './noun.ts';
import { Refusal } from './refusal.ts';

const types = Object.values(FIELD_TYPES).map(({ usage, about }) => `  ${usage.padEnd(26)} ${about}`);

export const USAGE = `npm run generate:resource NOUN [-- OPTIONS]

Makes a noun of your own: NOUN is a plural, such as invoices or purchase-orders. Without fields it has a name.

  --field NAME:TYPE          a field, as in amount:decimal; a ? at the end says that it may be missing: 'dueOn:date?'
  --owner user               each belongs to a user: who makes it, unless they say whose it is
  --unique NAME              no two have the same in this field
  --sort NAME                lists can be ordered by this field, beside id and createdAt
  --singular WORD            what one of them is called, where the rules of English do not say it
  --dry-run                  says what would be written, and writes nothing
  --force                    though there are changes that are not committed
  --help                     this

Types:
${types.join('\n')}

npm run generate:resource invoices -- --field amount:decimal --field 'dueOn:date?' --field status:enum:draft,sent --owner user
npm run generate:remove invoices takes it away again.`;

const OPTIONS = {
  field: { type: 'string', multiple: true },
  owner: { type: 'string' },
  unique: { type: 'string', multiple: true },
  sort: { type: 'string', multiple: true },
  singular: { type: 'string' },
  'dry-run': { type: 'boolean' },
  force: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export interface CommandLine {
  readonly isHelp: boolean;
  readonly isForced: boolean;
  readonly isDryRun: boolean;
  readonly request: NounRequest;
  /** The command by which the same is made again. */
  readonly command: string;
}

/** @throws Refusal for what the command does not take */
export function readRequest(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args);
  const [plural = '', ...others] = positionals;
  // npm keeps options in front of `--` to itself.
  if (others.length > 0)
    throw new Refusal(
      `Say one noun, and put -- before the options: npm run generate:resource ${plural} -- --field ${others[0]}.`,
      2,
    );
  const { field = [], owner, unique = [], sort = [], singular } = values;
  const given = args.filter((arg) => !['--force', '--dry-run'].includes(arg) && arg !== plural);
  return {
    isHelp: values.help === true,
    isForced: values.force === true,
    isDryRun: values['dry-run'] === true,
    request: { plural, singular, fields: field, owner, unique, sort },
    command: [
      `npm run generate:resource ${plural}`,
      ...(given.length > 0 ? ['--', ...given.map(quoted)] : []),
    ].join(' '),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Refusal(`${(error as Error).message.split('. To specify', 1)[0]}.\n\n${USAGE}`, 2);
  }
}

const quoted = (arg: string) => (/^[\w:.,=-]+$/.test(arg) ? arg : `'${arg}'`);

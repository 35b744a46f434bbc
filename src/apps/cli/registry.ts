import { UsageError } from '../command.js';
import { shown } from './arguments.js';
import type { CliCommand } from './command.js';
import { configCommands } from './config.js';
import { doctorCommands } from './doctor.js';
import { installationCommands } from './installation.js';
import { jobsCommands } from './jobs.js';
import { keysCommands } from './keys.js';
import { migrateCommands } from './migrate.js';
import { roleCommands } from './role.js';
import { sessionCommands } from './session.js';
import { userCommands } from './user.js';

/** How the program is called in a clone; in the image `node dist/src/cli.js`. */
const PROGRAM = 'npm run cli --';

/** Every command, in the order of the usage. */
export const COMMANDS: readonly CliCommand[] = [
  ...userCommands,
  ...roleCommands,
  ...sessionCommands,
  ...keysCommands,
  ...jobsCommands,
  ...installationCommands,
  ...migrateCommands,
  ...doctorCommands,
  ...configCommands,
];

const NOUNS = [...new Set(COMMANDS.map(({ name }) => name.split(' ', 1)[0]))].join(', ');

export interface Named {
  /** Null where nothing, or a noun without its verb, was named. */
  readonly command: CliCommand | null;
  /** What the usage is about: one command, those of a noun, or all. */
  readonly about: readonly CliCommand[];
  /** What is left for the command. */
  readonly rest: readonly string[];
}

/** The command that `args` name, by one word or two. @throws UnknownCommand */
export function commandIn(args: readonly string[]): Named {
  const [noun = '', verb = ''] = args;
  if (noun === '') return { command: null, about: COMMANDS, rest: [] };
  const about = COMMANDS.filter(({ name }) => name === noun || name.startsWith(`${noun} `));
  if (about.length === 0)
    throw new UnknownCommand(
      `There is no command ${shown(noun)}. There are: ${NOUNS}. See: ${PROGRAM} --help`,
      [],
    );
  const single = about.find(({ name }) => name === noun);
  if (single) return { command: single, about: [single], rest: args.slice(1) };
  const command = about.find(({ name }) => name === `${noun} ${verb}`);
  if (command) return { command, about: [command], rest: args.slice(2) };
  if (verb === '' || verb.startsWith('-')) return { command: null, about, rest: args.slice(1) };
  throw new UnknownCommand(`There is no command ${noun} ${shown(verb)}.`, about);
}

/** Knows which commands may be meant instead. */
export class UnknownCommand extends UsageError {
  constructor(
    message: string,
    readonly about: readonly CliCommand[],
  ) {
    super(message);
  }
}

/** How commands are called and what they do; nothing of none. */
export function usageOf(commands: readonly CliCommand[]): string {
  if (commands.length === 0) return '';
  const lines = commands.map(({ name, operands, usage, help }) => {
    const call = [PROGRAM, name, ...operands, usage].filter(Boolean).join(' ');
    return `${call}\n    ${help.trim().replaceAll('\n', '\n    ')}\n`;
  });
  return `${lines.join('')}\nEach takes --json (one JSON value instead of text) and --help.
WHO is an id, an e-mail address, a mobile number or a username.
Exit codes: 0 done, 1 failed, 2 no such command. Progress and errors go to standard error.
`;
}

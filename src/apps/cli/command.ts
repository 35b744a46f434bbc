import type { ParseArgsConfig } from 'node:util';
import type { CommandSite } from './command-site.js';

/** What a command says: to people, and with `--json` to programs. */
export interface Answer {
  /** Lines, each with its end. */
  readonly text: string;
  readonly json: object;
  /** The exit code: 1 where the answer is that something is wrong. Default: 0. */
  readonly code?: 0 | 1;
}

export type Options = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;

/** As they were given; those that were not are undefined. */
type Values<Given extends Options> = {
  readonly [Name in keyof Given]?: Given[Name]['type'] extends 'string' ? string : boolean;
};

export interface Arguments<Given extends Options = Options> {
  /** As many as `operands` names. */
  readonly operands: readonly string[];
  readonly options: Values<Given>;
}

export interface CliCommand<Given extends Options = Options> {
  /** Noun and verb: `user create`. */
  readonly name: string;
  /** What is to be given, each by a word: WHO, KID. */
  readonly operands: readonly string[];
  readonly options: Given & ParseArgsConfig['options'];
  /** The options as its usage shows them. */
  readonly usage: string;
  /** What it does, a line or a few. */
  readonly help: string;
  /** Looks at what was given before it asks for anything. @throws UsageError, CommandFailed, and what the services throw */
  run(given: Arguments<Given>, site: CommandSite): Promise<Answer>;
}

/** Declares a command; its options give `run` their types. */
export function defineCommand<const Given extends Options = Readonly<Record<string, never>>>({
  operands = [],
  options,
  usage = '',
  ...command
}: Pick<CliCommand<Given>, 'name' | 'help' | 'run'> &
  Partial<Pick<CliCommand<Given>, 'operands' | 'options' | 'usage'>>): CliCommand {
  return { ...command, operands, options: options ?? {}, usage };
}

import { parseArgs } from 'node:util';
import { printable } from '../../common/printable.js';
import { cutText } from '../../common/text.js';
import { UsageError } from '../command.js';
import type { Arguments, CliCommand } from './command.js';

/** How much of what was given a message repeats. */
const SHOWN = 200;

/** The largest `integer` of Postgres. */
export const MAX_ID = 2_147_483_647;

/** Every command takes them. */
const COMMON = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

export interface Read extends Arguments {
  readonly json: boolean;
  readonly help: boolean;
}

/** What was given to a command. @throws UsageError for what it does not take, takes once, or lacks */
export function readArguments({ operands, options }: CliCommand, args: readonly string[]): Read {
  const { values, positionals, tokens } = parsed(args, { ...options, ...COMMON });
  const { json = false, help = false, ...others } = values;
  const given = others as Arguments['options'];
  if (help) return { operands: positionals, options: given, json, help };
  const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--${shown(twice)} is there twice.`);
  if (positionals.length > operands.length)
    throw new UsageError(`${shown(positionals[operands.length] ?? '')} is too much: ${expected(operands)}.`);
  const lacking = operands[positionals.length];
  if (lacking !== undefined || positionals.includes(''))
    throw new UsageError(`${lacking ?? operands[positionals.indexOf('')]} is missing.`);
  return { operands: positionals, options: given, json, help };
}

function expected(operands: readonly string[]): string {
  return operands.length === 0 ? 'the command takes options only' : `it takes ${operands.join(' ')}`;
}

function parsed(args: readonly string[], options: CliCommand['options'] & typeof COMMON) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true, tokens: true });
  } catch (error) {
    throw new UsageError(shown(error instanceof Error ? error.message : String(error)), { cause: error });
  }
}

/** What people have given, in one line that is not long. */
export function shown(text: string): string {
  const cut = cutText(text, SHOWN);
  return printable(cut) + (cut === text ? '' : '…');
}

/** A whole number up to `max`, 1 at least unless 0 is one. @throws UsageError */
export function wholeNumber(option: string, text: string, { min = 0, max = MAX_ID } = {}): number {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new UsageError(`${option} must be a whole number, ${min} to ${max}.`);
  return value;
}

import { AppError } from '../../common/app-error.js';
import { version } from '../../common/version.js';
import { UsageError } from '../command.js';
import { explain, reasonOf } from '../explain.js';
import { readArguments } from './arguments.js';
import type { Answer, CliCommand } from './command.js';
import type { CommandSite } from './command-site.js';
import { commandIn, COMMANDS, UnknownCommand, usageOf } from './registry.js';

/** What is written where, and what the process exits with: 0 done, 1 failed, 2 no such command or not with these arguments. */
export interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly code: 0 | 1 | 2;
}

/** Runs the command that `args` name. Rejects never. */
export async function run(args: readonly string[], site: CommandSite): Promise<Outcome> {
  // In front of the command too, where people put what holds for all of them.
  const words = args.findIndex((arg) => !arg.startsWith('-'));
  const [leading, rest] = words < 0 ? [args, []] : [args.slice(0, words), args.slice(words)];
  if (leading.includes('--version')) return said(`${version}\n`);
  const isJson = args.includes('--json');
  let about: readonly CliCommand[] = COMMANDS;
  try {
    const named = commandIn(rest);
    about = named.about;
    if (!named.command) {
      const isAskedFor = [...leading, ...named.rest].some((arg) => arg === '--help' || arg === '-h');
      return isAskedFor ? said(usageOf(about)) : { out: '', err: usageOf(about), code: 2 };
    }
    const { json, help, ...given } = readArguments(named.command, [...named.rest, ...leading]);
    if (help) return said(usageOf(about));
    return answered(await named.command.run(given, site), json);
  } catch (error) {
    return failed(error, error instanceof UnknownCommand ? error.about : about, isJson);
  }
}

const said = (out: string): Outcome => ({ out, err: '', code: 0 });

function answered({ text, json, code = 0 }: Answer, isJson: boolean): Outcome {
  return { out: isJson ? `${JSON.stringify(json)}\n` : text, err: '', code };
}

/** Programs get the code of the error's class, as the API has it, or what kind of failure it is. */
function failed(error: unknown, about: readonly CliCommand[], isJson: boolean): Outcome {
  const isUsage = error instanceof UsageError;
  const reason = isUsage ? error.message : explain(error, 'That failed');
  const code = isUsage ? 2 : 1;
  if (!isJson)
    return { out: '', err: [reason, ...(isUsage ? [usageOf(about)] : [])].join('\n').trimEnd() + '\n', code };
  const name =
    error instanceof AppError ? error.spec.code : isUsage ? 'usage' : reasonOf(error) ? 'failed' : 'internal';
  return { out: '', err: `${JSON.stringify({ error: { code: name, message: reason } })}\n`, code };
}

import { explain } from './explain.js';

/** There is no such command, or not with these arguments. The message says why, if there is more to say. */
export class UsageError extends Error {}

/** The command could not do what it was told to. The message says why, and what to do. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/**
 * Runs a command on the arguments of the process and prints what it answers; with `--help` its usage. The process exits with 2 for a wrong usage,
 * which is shown, and with 1 when the command failed: the reason alone, if that is all an operator needs.
 */
export async function runCommand(
  usage: string,
  work: (args: readonly string[]) => Promise<string>,
): Promise<void> {
  try {
    const args = process.argv.slice(2);
    const asksForHelp = args.some((arg) => arg === '--help' || arg === '-h');
    process.stdout.write(asksForHelp ? usage : await work(args));
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const reason = isUsage
      ? [error.message, usage].filter(Boolean).join('\n')
      : explain(error, 'That failed');
    process.stderr.write(`${reason.trimEnd()}\n`);
    process.exitCode = isUsage ? 2 : 1;
  }
}

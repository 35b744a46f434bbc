import 'reflect-metadata';
import { inContext } from './command-context.js';
import { explain } from './explain.js';
import { UsageError, USER_USAGE, userCommand } from './user-commands.js';

/** `npm run user`: what an operator does to users, as the system. Exits with 1 when it failed, with 2 for a wrong usage. */
try {
  process.stdout.write(await inContext(userCommand(process.argv.slice(2))));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const reason = isUsage
    ? [error.message, USER_USAGE].filter(Boolean).join('\n')
    : explain(error, 'That failed');
  process.stderr.write(`${reason.trimEnd()}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

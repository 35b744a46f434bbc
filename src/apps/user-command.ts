import 'reflect-metadata';
import { allInOne } from './all-in-one.js';
import { runCommand } from './command.js';
import { USER_USAGE, userCommand } from './user-commands.js';
import { withContext } from './with-context.js';

/** `npm run user`: what an operator does to users, as the system. */
await runCommand(USER_USAGE, async (args) => withContext(allInOne, userCommand(args)));

import 'reflect-metadata';
import { runCommand } from './command.js';
import { inContext } from './command-context.js';
import { USER_USAGE, userCommand } from './user-commands.js';

/** `npm run user`: what an operator does to users, as the system. */
await runCommand(USER_USAGE, async (args) => inContext(userCommand(args)));

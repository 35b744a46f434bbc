import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { KeyRotation, PUBLISH_AHEAD } from '../auth/tokens/key-rotation.js';
import { SigningKeysRepository } from '../auth/tokens/signing-keys.repository.js';
import { printable } from '../common/printable.js';
import { allInOne } from './all-in-one.js';
import { CommandFailed, runCommand, UsageError } from './command.js';
import { withContext } from './with-context.js';

const USAGE = `npm run keys -- list            the signing keys and their stages
npm run keys -- rotate          publish the next key; it signs ${PUBLISH_AHEAD} s later
npm run keys -- withdraw KID    emergency: refuse everything signed with a key at once
`;

/** `npm run keys`: looks at and moves signing keys. The running service does the rest on its schedule. */
async function run(app: INestApplicationContext, [command = '', kid]: readonly string[]): Promise<string> {
  const rotation = app.get(KeyRotation);
  switch (command) {
    case 'list':
      return (await app.get(SigningKeysRepository).findAll())
        .map(
          (key) => `${key.kid}  ${key.algorithm}  ${key.state}  since ${key.stateChangedAt.toISOString()}\n`,
        )
        .join('');
    case 'rotate':
      return `${await rotation.begin()} is published. It signs from ${PUBLISH_AHEAD} s from now on.\n`;
    case 'withdraw':
      if (kid === undefined) throw new UsageError('withdraw needs the KID.');
      if (await rotation.withdraw(kid)) return `${kid} is withdrawn.\n`;
      throw new CommandFailed(`There is no published key ${printable(kid)}. See: npm run keys -- list`);
    default:
      throw new UsageError(command && `There is no command ${printable(command)}.`);
  }
}

await runCommand(USAGE, (args) => withContext(allInOne, (app) => run(app, args)));

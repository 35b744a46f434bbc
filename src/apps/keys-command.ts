import 'reflect-metadata';
import { KeyRotation, PUBLISH_AHEAD } from '../auth/tokens/key-rotation.service.js';
import { SigningKeysRepository } from '../auth/tokens/signing-keys.repository.js';
import { inContext } from './command-context.js';

const USAGE = `npm run keys -- list            the signing keys and their stages
npm run keys -- rotate          publish the next key; it signs ${PUBLISH_AHEAD} s later
npm run keys -- withdraw KID    emergency: refuse everything signed with a key at once
`;

/** `npm run keys`: looks at and moves signing keys. The running service does the rest on its schedule. */
const [command, kid] = process.argv.slice(2);
await inContext(async (app) => {
  const rotation = app.get(KeyRotation);
  if (command === 'list') {
    for (const key of await app.get(SigningKeysRepository).findAll()) {
      process.stdout.write(
        `${key.kid}  ${key.algorithm}  ${key.state}  since ${key.stateChangedAt.toISOString()}\n`,
      );
    }
  } else if (command === 'rotate') {
    process.stdout.write(`${await rotation.begin()} is published and signs ${PUBLISH_AHEAD} s after that.\n`);
  } else if (command === 'withdraw' && kid !== undefined) {
    const done = await rotation.withdraw(kid);
    process.stdout.write(
      done ? `${kid} is withdrawn.\n` : `There is no published key ${kid}. See: npm run keys -- list\n`,
    );
    process.exitCode = done ? 0 : 1;
  } else {
    process.stdout.write(USAGE);
    process.exitCode = 2;
  }
});

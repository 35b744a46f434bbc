import { KeyRotation, PUBLISH_AHEAD } from '../../auth/tokens/key-rotation.js';
import { SigningKeysRepository } from '../../auth/tokens/signing-keys.repository.js';
import { CommandFailed } from '../command.js';
import { shown } from './arguments.js';
import { defineCommand } from './command.js';

const list = defineCommand({
  name: 'keys list',
  help: 'The signing keys and their stages.',
  run: (_, { withServices }) =>
    withServices(async (app) => {
      const items = (await app.get(SigningKeysRepository).findAll()).map(
        ({ kid, algorithm, state, stateChangedAt }) => ({
          kid,
          algorithm,
          state,
          since: stateChangedAt.toISOString(),
        }),
      );
      const lines = items.map(
        ({ kid, algorithm, state, since }) => `${kid}  ${algorithm}  ${state}  since ${since}\n`,
      );
      return { text: lines.join(''), json: { items } };
    }),
});

const rotate = defineCommand({
  name: 'keys rotate',
  help: `Publishes the next key; it signs ${PUBLISH_AHEAD} s later. The running service does the rest on its schedule.`,
  run: (_, { withServices, operator }) =>
    withServices(async (app) => {
      const kid = await app.get(KeyRotation).begin(operator);
      return {
        text: `${kid} is published. It signs from ${PUBLISH_AHEAD} s from now on.\n`,
        json: { kid, signsAfter: PUBLISH_AHEAD },
      };
    }),
});

const withdraw = defineCommand({
  name: 'keys withdraw',
  operands: ['KID'],
  help: 'Emergency: refuses everything signed with a key at once.',
  run: ({ operands: [kid = ''] }, { withServices, operator }) =>
    withServices(async (app) => {
      if (!(await app.get(KeyRotation).withdraw(kid, operator)))
        throw new CommandFailed(`There is no published key ${shown(kid)}. See: npm run cli -- keys list`);
      return { text: `${kid} is withdrawn.\n`, json: { kid } };
    }),
});

export const keysCommands = [list, rotate, withdraw];

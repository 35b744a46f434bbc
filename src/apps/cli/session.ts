import { printable } from '../../common/printable.js';
import { UserSessionsService } from '../../auth/sessions/user-sessions.service.js';
import { wholeNumber } from './arguments.js';
import { defineCommand } from './command.js';
import { findUser } from './who.js';

const WHO = ['WHO'] as const;

const list = defineCommand({
  name: 'session list',
  operands: WHO,
  help: 'Where a user is signed in.',
  run: ({ operands: [who = ''] }, { withServices }) =>
    withServices(async (app) => {
      const items = await app.get(UserSessionsService).list(await findUser(app, who));
      const lines = items.map(({ id, ip, userAgent, lastSeenAt }) =>
        [id, `last seen ${lastSeenAt.toISOString()}`, ip ?? '-', userAgent ?? '-']
          .map((cell) => printable(String(cell)))
          .join('  '),
      );
      return {
        text: lines.map((line) => `${line}\n`).join('') || 'They are signed in nowhere.\n',
        json: { items },
      };
    }),
});

const end = defineCommand({
  name: 'session end',
  operands: WHO,
  usage: '[--id ID]',
  options: { id: { type: 'string' } },
  help: 'Signs a user out everywhere, or of the one session: its tokens are refused from now on.',
  async run({ operands: [who = ''], options }, { withServices, operator }) {
    const id =
      options.id === undefined
        ? null
        : wholeNumber('--id', options.id, { min: 1, max: Number.MAX_SAFE_INTEGER });
    return withServices(async (app) => {
      const userId = await findUser(app, who);
      if (id === null) {
        await app.get(UserSessionsService).endAll(userId, operator);
        return { text: `Every session of user ${userId} has ended.\n`, json: { userId } };
      }
      await app.get(UserSessionsService).end(userId, id, operator);
      return { text: `Session ${id} of user ${userId} has ended.\n`, json: { userId, id } };
    });
  },
});

export const sessionCommands = [list, end];

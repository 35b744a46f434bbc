import type { INestApplicationContext } from '@nestjs/common';
import { type HandedLink, LinkSender } from '../../auth/recovery/link-sender.js';
import { SessionsService } from '../../auth/sessions/sessions.service.js';
import { printable } from '../../common/printable.js';
import { type Transaction, Transactions } from '../../platform/database/transactions.js';
import { readForm } from '../../platform/http/validation.pipe.js';
import { RolesService } from '../../roles/roles.service.js';
import { CreateUserDto } from '../../users/create-user.dto.js';
import { IdentitiesService } from '../../users/identities/identities.service.js';
import { NoContact } from '../../users/user.errors.js';
import type { UserResponse } from '../../users/user.response.js';
import { UserResponses } from '../../users/user-responses.js';
import { UsersService } from '../../users/users.service.js';
import { CommandFailed, UsageError } from '../command.js';
import { wholeNumber } from './arguments.js';
import { type Answer, defineCommand } from './command.js';
import type { CommandSite } from './command-site.js';
import { findUser } from './who.js';

const WHO = ['WHO'] as const;
/** As the API has it: no page is longer. */
const MOST = 100;

const create = defineCommand({
  name: 'user create',
  usage:
    '--first-name NAME --role ROLE --email ADDRESS [--mobile NUMBER] [--last-name NAME] [--username NAME]',
  options: {
    'first-name': { type: 'string' },
    'last-name': { type: 'string' },
    username: { type: 'string' },
    email: { type: 'string' },
    mobile: { type: 'string' },
    role: { type: 'string' },
  },
  help: 'A user, and a link with which they set a password; nothing is sent. --mobile (E.164) goes instead of --email too.',
  async run({ options }, { withServices, operator }) {
    const { role, 'first-name': firstName, 'last-name': lastName, ...others } = options;
    if (role === undefined || firstName === undefined)
      throw new UsageError('user create needs --first-name and --role.');
    const given = Object.entries({ firstName, lastName, ...others }).filter(
      ([, value]) => value !== undefined,
    );
    return withServices((app) =>
      app.get(Transactions).run(operator, async (tx) => {
        const roleId = await app.get(RolesService).idOf(tx, role);
        const input = await readForm(CreateUserDto, { ...Object.fromEntries(given), roleId });
        const { id } = await app.get(UsersService).add(tx, CreateUserDto.toNewUser(input), operator);
        return handed(`User ${id} is created.`, id, await linkTo(app, tx, id, 'invitation'));
      }),
    );
  },
});

const list = defineCommand({
  name: 'user list',
  usage: '[--after ID] [--limit N]',
  options: { after: { type: 'string' }, limit: { type: 'string' } },
  help: 'Id, name, contact, role, state of each; 50 at a time, 100 at most.',
  async run({ options }, { withServices }) {
    const limit = wholeNumber('--limit', options.limit ?? '50', { min: 1, max: MOST });
    const from = wholeNumber('--after', options.after ?? '0');
    return withServices(async (app) => {
      const sort = { field: 'id', descending: false } as const;
      const request = { limit, sort, after: { value: from, id: from }, withTotal: false };
      const { items, next } = await app.get(UsersService).list(request, {});
      const response = await app.get(UserResponses).mapper(items);
      const roles = await rolesOf(app, items);
      const users = items.map((user) => summary(response(user), roles.get(user.roleId) ?? ''));
      const lines = users.map(({ id, name, email, mobile, role, state }) =>
        [id, name, email ?? mobile ?? '-', role, state].map((cell) => printable(String(cell))).join('  '),
      );
      if (next) lines.push(`More: npm run cli -- user list --after ${next.id}`);
      return {
        text: lines.map((line) => `${line}\n`).join(''),
        json: { items: users, next: next?.id ?? null },
      };
    });
  },
});

const show = defineCommand({
  name: 'user show',
  operands: WHO,
  help: 'One user: contacts, role, state, since when, and where they are signed in.',
  run: ({ operands: [who = ''] }, { withServices }) =>
    withServices(async (app) => {
      const id = await findUser(app, who);
      const user = await app.get(UserResponses).read(id);
      const role = (await app.get(RolesService).get(user.roleId)).name;
      const sessions = (await app.get(SessionsService).list(id)).length;
      const { createdAt, updatedAt, language } = user;
      const json = { ...summary(user, role), language, createdAt, updatedAt, sessions };
      const lines = Object.entries(json).map(
        ([name, value]) => `${name.padEnd(10)} ${printable(String(value ?? '-'))}\n`,
      );
      return { text: lines.join(''), json };
    }),
});

const disable = defineCommand({
  name: 'user disable',
  operands: WHO,
  help: 'They cannot act from now on: their sessions end at once.',
  run: ({ operands: [who = ''] }, site) => setActive(site, who, false),
});

const enable = defineCommand({
  name: 'user enable',
  operands: WHO,
  help: 'They may sign in again.',
  run: ({ operands: [who = ''] }, site) => setActive(site, who, true),
});

const unlock = defineCommand({
  name: 'user unlock',
  operands: WHO,
  help: 'Ends what wrong passwords and codes have brought about: locks, pauses, spent budgets.',
  run: ({ operands: [who = ''] }, { withServices, operator }) =>
    withServices(async (app) => {
      const id = await findUser(app, who);
      await app.get(UsersService).unlock(id, operator);
      return done(`User ${id} is unlocked.`, { id });
    }),
});

const resetPassword = defineCommand({
  name: 'user reset-password',
  operands: WHO,
  help: 'A link with which they set a new password; links before it end, the password holds until then.',
  run: ({ operands: [who = ''] }, { withServices, operator }) =>
    withServices(async (app) => {
      const id = await findUser(app, who);
      return app.get(Transactions).run(operator, async (tx) => {
        await app.get(UsersService).noteReset(tx, id, operator);
        return handed(`User ${id} may set a new password.`, id, await linkTo(app, tx, id, 'recovery'));
      });
    }),
});

const remove = defineCommand({
  name: 'user delete',
  operands: WHO,
  help: 'Deletes them; POST /users/{id}/restore brings them back within PURGE_AFTER_DAYS.',
  run: ({ operands: [who = ''] }, { withServices, operator }) =>
    withServices(async (app) => {
      const id = await findUser(app, who);
      await app.get(UsersService).delete(id, operator);
      return done(`User ${id} is deleted.`, { id });
    }),
});

export const userCommands = [create, list, show, disable, enable, unlock, resetPassword, remove];

async function setActive(
  { withServices, operator }: CommandSite,
  who: string,
  isActive: boolean,
): Promise<Answer> {
  return withServices(async (app) => {
    const id = await findUser(app, who);
    await app.get(UsersService).update(id, { isActive }, operator);
    return done(`User ${id} is ${isActive ? 'enabled' : 'disabled'}.`, { id, state: stateOf(isActive) });
  });
}

const done = (sentence: string, json: object): Answer => ({ text: `${sentence}\n`, json });
const stateOf = (isActive: boolean) => (isActive ? 'active' : 'disabled');

function summary({ id, firstName, lastName, email, mobile, isActive }: UserResponse, role: string) {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  return { id, name, email, mobile, role, state: stateOf(isActive) };
}

async function rolesOf(app: INestApplicationContext, users: readonly { roleId: number }[]) {
  const ids = [...new Set(users.map(({ roleId }) => roleId))];
  const named = ids.map(async (id) => [id, (await app.get(RolesService).get(id)).name] as const);
  return new Map(await Promise.all(named));
}

/** @throws NoContact, CommandFailed for a disabled user: nobody hands out a way in to somebody who may not act */
async function linkTo(
  app: INestApplicationContext,
  tx: Transaction,
  userId: number,
  purpose: 'invitation' | 'recovery',
): Promise<HandedLink> {
  const contact = await app.get(IdentitiesService).findReachable(tx, userId);
  if (!contact) throw new NoContact();
  const link = await app.get(LinkSender).handOut(tx, userId, contact.identityId, purpose);
  if (!link) throw new CommandFailed(`User ${userId} is disabled. Enable them first, then ask again.`);
  return link;
}

function handed(sentence: string, id: number, { link, token, lifetime }: HandedLink): Answer {
  const text = `${sentence}
Good once, within ${Math.floor(lifetime / 60)} minutes; every link before it has ended.
  ${link}
The token in it, for POST /api/v1/auth/password/reset:
  ${token}
`;
  return { text, json: { id, link, token, lifetime } };
}

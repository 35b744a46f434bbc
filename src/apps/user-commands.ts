import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { INestApplicationContext } from '@nestjs/common';
import { OPERATOR } from '../access/actor.js';
import { type HandedLink, LinkSender } from '../auth/recovery/link-sender.js';
import { IdentifiersService } from '../auth/sign-in/identifiers.service.js';
import { contactOf } from '../messages/contact.js';
import { IdentitiesService } from '../users/identities/identities.service.js';
import { printable } from '../common/printable.js';
import { SYSTEM, type Transaction, Transactions } from '../platform/database/transactions.js';
import { readForm } from '../platform/http/validation.pipe.js';
import { RolesService } from '../roles/roles.service.js';
import { CreateUserDto } from '../users/create-user.dto.js';
import { NoContact, UserNotFound } from '../users/user.errors.js';
import { UserResponses } from '../users/user-responses.js';
import { UsersService } from '../users/users.service.js';
import { CommandFailed, UsageError } from './command.js';

export const USER_USAGE = `npm run user -- create --first-name NAME --role ROLE --email ADDRESS
                       a user, and a link with which they set a password; nothing is sent.
                       Also: --last-name, --username, --mobile (E.164, instead of --email or besides)
npm run user -- reset-password WHO
                       a link with which they set a new password; links before it end, the password holds until then
npm run user -- unlock WHO
                       end what wrong passwords and codes have brought about: locks, pauses, spent budgets
npm run user -- list [--after ID] [--limit N] [--json]
                       id, name, contact, role, state; 50 at a time, 100 at most
WHO is an id, an e-mail address, a mobile number or a username.
`;

/** Does it and answers what to show. */
type Command = (app: INestApplicationContext) => Promise<string>;

/** @throws UsageError */
export function userCommand([name = '', ...args]: readonly string[]): Command {
  switch (name) {
    case 'create':
      return create(args);
    case 'reset-password':
      return resetPassword(whoIn(args));
    case 'unlock':
      return unlock(whoIn(args));
    case 'list':
      return list(args);
    default:
      throw new UsageError(name && `There is no command ${printable(name)}.`);
  }
}

function create(args: readonly string[]): Command {
  const text = { type: 'string' } as const;
  const options = {
    'first-name': text,
    'last-name': text,
    username: text,
    email: text,
    mobile: text,
    role: text,
  };
  const { role, 'first-name': firstName, 'last-name': lastName, ...others } = optionsOf(args, options);
  if (role === undefined || firstName === undefined)
    throw new UsageError('create needs --first-name and --role.');
  const given = Object.entries({ firstName, lastName, ...others }).filter(([, value]) => value !== undefined);
  return (app) =>
    app.get(Transactions).run(SYSTEM, async (tx) => {
      const roleId = await app.get(RolesService).idOf(tx, role);
      const input = await readForm(CreateUserDto, { ...Object.fromEntries(given), roleId });
      const { id } = await app.get(UsersService).add(tx, CreateUserDto.toNewUser(input), OPERATOR);
      return `User ${id} is created.\n${show(await linkTo(app, tx, id, 'invitation'))}`;
    });
}

function resetPassword(who: string): Command {
  return async (app) => {
    const id = await find(app, who);
    return app.get(Transactions).run(SYSTEM, async (tx) => {
      await app.get(UsersService).noteReset(tx, id, OPERATOR);
      return `User ${id} may set a new password.\n${show(await linkTo(app, tx, id, 'recovery'))}`;
    });
  };
}

function unlock(who: string): Command {
  return async (app) => {
    const id = await find(app, who);
    await app.get(UsersService).unlock(id, OPERATOR);
    return `User ${id} is unlocked.\n`;
  };
}

function list(args: readonly string[]): Command {
  const { after, limit, json } = optionsOf(args, {
    after: { type: 'string' },
    limit: { type: 'string' },
    json: { type: 'boolean' },
  });
  const rows = numberIn('--limit', limit ?? '50', 100);
  const from = numberIn('--after', after ?? '0');
  return async (app) => {
    const sort = { field: 'id', descending: false } as const;
    const request = { limit: rows, sort, after: { value: from, id: from }, withTotal: false };
    const { items, next } = await app.get(UsersService).list(request, {});
    const response = await app.get(UserResponses).mapper(items);
    const roles = await rolesOf(app, items);
    const lines = items.map((user) => {
      const { id, firstName, lastName, email, mobile, isActive } = response(user);
      const name = [firstName, lastName].filter(Boolean).join(' ');
      const role = roles.get(user.roleId) ?? '';
      const state = isActive ? 'active' : 'disabled';
      if (json) return JSON.stringify({ id, name, email, mobile, role, state });
      return [id, name, email ?? mobile ?? '-', role, state]
        .map((cell) => printable(String(cell)))
        .join('  ');
    });
    if (next && !json) lines.push(`More: npm run user -- list --after ${next.id}`);
    return lines.map((line) => `${line}\n`).join('');
  };
}

async function rolesOf(app: INestApplicationContext, users: readonly { roleId: number }[]) {
  const ids = [...new Set(users.map(({ roleId }) => roleId))];
  return new Map(
    await Promise.all(ids.map(async (id) => [id, (await app.get(RolesService).get(id)).name] as const)),
  );
}

/** Whoever is known by it: an address that is not proved yet is enough, unlike at a sign-in. @throws UserNotFound */
async function find(app: INestApplicationContext, who: string): Promise<number> {
  const contact = contactOf(who);
  const id = /^[1-9][0-9]{0,9}$/.test(who)
    ? Number(who)
    : contact
      ? (await app.get(IdentitiesService).findOwner(contact))?.userId
      : await app.get(IdentifiersService).resolve(who);
  if (!id || id > MAX_ID)
    throw new UserNotFound(`There is no user ${printable(who)}. See: npm run user -- list`);
  return id;
}

/** The largest `integer` of Postgres. */
const MAX_ID = 2_147_483_647;

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

function show({ link, token, lifetime }: HandedLink): string {
  return `Good once, within ${Math.floor(lifetime / 60)} minutes; every link before it has ended.
  ${link}
The token in it, for POST /api/v1/auth/password/reset:
  ${token}
`;
}

function whoIn(args: readonly string[]): string {
  const [who, ...more] = args;
  if (!who || more.length > 0 || who.startsWith('-')) throw new UsageError('Name one user.');
  return who;
}

function numberIn(option: string, text: string, max = MAX_ID): number {
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max) || (max !== MAX_ID && value === 0))
    throw new UsageError(`${option} must be a whole number, ${max} at most.`);
  return value;
}

function optionsOf<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

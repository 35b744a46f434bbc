import type { INestApplicationContext } from '@nestjs/common';
import { printable } from '../../common/printable.js';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import { PrivilegesService } from '../../privileges/privileges.service.js';
import { GrantsService } from '../../roles/grants.service.js';
import { RolesService } from '../../roles/roles.service.js';
import { shown, wholeNumber } from './arguments.js';
import { type Answer, defineCommand } from './command.js';
import type { CommandSite } from './command-site.js';

const BOTH = ['ROLE', 'PRIVILEGE'] as const;
/** As the API has it. */
const PAGE = 100;

const list = defineCommand({
  name: 'role list',
  usage: '[--after ID]',
  options: { after: { type: 'string' } },
  help: 'The roles, and the privileges each holds; 100 at a time.',
  async run({ options }, { withServices }) {
    const from = wholeNumber('--after', options.after ?? '0');
    return withServices(async (app) => {
      const sort = { field: 'id', descending: false } as const;
      const request = { limit: PAGE, sort, after: { value: from, id: from }, withTotal: false };
      const { items, next } = await app.get(RolesService).list(request);
      const roles: { id: number; name: string; description: string | null; privileges: string[] }[] = [];
      for (const { id, name, description } of items) {
        const privileges = (await app.get(GrantsService).list(id)).map((privilege) => privilege.name);
        roles.push({ id, name, description, privileges });
      }
      const lines = roles.map(
        ({ id, name, privileges }) =>
          `${id}  ${printable(name)}  ${privileges.map(printable).join(', ') || 'holds nothing'}\n`,
      );
      if (next) lines.push(`More: npm run cli -- role list --after ${next.id}\n`);
      return { text: lines.join(''), json: { items: roles, next: next?.id ?? null } };
    });
  },
});

const grant = defineCommand({
  name: 'role grant',
  operands: BOTH,
  help: 'Everybody with the role holds the privilege from now on.',
  run: ({ operands: [role = '', privilege = ''] }, site) =>
    change(site, role, privilege, (app, roleId, privilegeId) =>
      app.get(GrantsService).grant(roleId, privilegeId, site.operator),
    ),
});

const revoke = defineCommand({
  name: 'role revoke',
  operands: BOTH,
  help: 'Nobody holds the privilege by the role any more.',
  run: ({ operands: [role = '', privilege = ''] }, site) =>
    change(site, role, privilege, (app, roleId, privilegeId) =>
      app.get(GrantsService).revoke(roleId, privilegeId, site.operator),
    ),
});

export const roleCommands = [list, grant, revoke];

/** Answers what the role holds afterwards. */
function change(
  { withServices }: CommandSite,
  role: string,
  privilege: string,
  work: (app: INestApplicationContext, roleId: number, privilegeId: number) => Promise<void>,
): Promise<Answer> {
  return withServices(async (app) => {
    const roleId = await app.get(Transactions).run(SYSTEM, (tx) => app.get(RolesService).idOf(tx, role));
    const privilegeId = await app
      .get(Transactions)
      .run(SYSTEM, (tx) => app.get(PrivilegesService).idOf(tx, privilege));
    await work(app, roleId, privilegeId);
    const privileges = (await app.get(GrantsService).list(roleId)).map(({ name }) => name);
    return {
      text: `${shown(role)} holds ${privileges.map(printable).join(', ') || 'nothing'}.\n`,
      json: { id: roleId, name: role, privileges },
    };
  });
}

import { ProcessConfig } from '../../platform/config/process.config.js';
import { AuditLog } from '../../platform/audit/audit-log.js';
import { pendingMigrations } from '../../platform/database/pending-migrations.js';
import { Transactions } from '../../platform/database/transactions.js';
import { administratorLines } from '../banner.js';
import { CommandFailed } from '../command.js';
import { prepareDatabase, type Prepared } from '../prepare-database.js';
import { type Answer, defineCommand } from './command.js';
import type { CommandSite } from './command-site.js';

const migrate = defineCommand({
  name: 'migrate',
  usage: '[--pending]',
  options: { pending: { type: 'boolean' } },
  help: 'Runs pending migrations, then makes what is missing of privileges, roles and the first administrator.\n--pending: only lists the migrations that would run.',
  async run({ options }, site) {
    if (options.pending) return listPending(site);
    return told('Migrations and seeds are up to date.', await prepare(site));
  },
});

const seed = defineCommand({
  name: 'seed',
  usage: '[--demo]',
  options: { demo: { type: 'boolean' } },
  help: 'Makes what is missing of privileges, roles and the first administrator, and runs no migration.\n--demo: 200 believable users besides, for development; never in production.',
  async run({ options }, site) {
    const pending = await site.withDatabase((dataSource, config) => {
      if (options.demo && config.get(ProcessConfig).environment === 'production')
        throw new CommandFailed('Demo users share a published password: they are not for production.');
      return pendingMigrations(dataSource);
    });
    if (pending.length > 0)
      throw new CommandFailed(`The database lacks ${pending.length} migrations. Run: npm run cli -- migrate`);
    const prepared = await prepare(site);
    return options.demo ? seedDemo(site) : told('Seeds are up to date.', prepared);
  },
});

export const migrateCommands = [migrate, seed];

function prepare({ withAddress, definition, operator, say }: CommandSite): Promise<Prepared> {
  return withAddress(({ directUrl }, config) =>
    prepareDatabase(definition, directUrl, config, { actor: operator, say }),
  );
}

function listPending({ withDatabase }: CommandSite): Promise<Answer> {
  return withDatabase(async (dataSource) => {
    const pending = await pendingMigrations(dataSource);
    return {
      text: pending.map((name) => `${name}\n`).join('') || 'No migration is pending.\n',
      json: { pending },
    };
  });
}

/** A generated password is shown this once. */
function told(sentence: string, { migrations, administrator }: Prepared): Answer {
  return {
    text: [sentence, ...administratorLines(administrator), ''].join('\n'),
    json: { migrations, administrator },
  };
}

function seedDemo({ withDatabase, operator }: CommandSite): Promise<Answer> {
  return withDatabase(async (dataSource, config) => {
    const { DEMO_PASSWORD, seedDemoUsers } = await demoUsers();
    const added = await seedDemoUsers(dataSource, config);
    await new Transactions(dataSource).run(operator, (tx) =>
      new AuditLog().record(tx, { actor: operator, action: 'database.demo_users_added', details: { added } }),
    );
    return {
      text: `${added} demo users added. They sign in with the password: ${DEMO_PASSWORD}\n`,
      json: { added, password: DEMO_PASSWORD },
    };
  });
}

/** What makes them up is a development dependency. */
async function demoUsers() {
  try {
    return await import('../../../seeds/demo-users.js');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CommandFailed(
      'Demo users are made in a clone of the project only: the image has nothing to make them of.',
    );
  }
}

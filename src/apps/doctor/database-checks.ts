import { DatabaseConfig } from '../../platform/database/database.config.js';
import { TokensConfig } from '../../auth/tokens/tokens.config.js';
import type { DatabaseFacts } from './database-facts.repository.js';
import { type ContentFacts, type Facts, isUnknown } from './facts.js';
import { type Check, fault, type Finding, ok, skipped, warning } from './finding.js';

/** The oldest server the product is tested on. */
const LEAST_VERSION = 150_000;
/** Milliseconds. Codes and tokens live by the clock of the database; logs by the one of the machine. */
const SKEW = { warning: 2_000, fault: 30_000 };
/** Seconds. A relay takes an event within one. */
const OUTBOX_AGE = 120;
const DAY = 86_400;
/** Days a rotation may be late: the schedule looks every minute, where a worker runs. */
const LATE = 2;
/** Connections that other programs may need. */
const SPARE = 5;

/** A line that needs an answer of the database. */
const onDatabase = (id: string, look: (database: DatabaseFacts, facts: Facts) => Finding): Check => ({
  id,
  look: (facts) =>
    isUnknown(facts.database) ? skipped('the database cannot be asked') : look(facts.database, facts),
});

/** A line that needs what is in a database that is up to date. */
const onContent = (id: string, look: (content: ContentFacts, facts: Facts) => Finding): Check => ({
  id,
  look: (facts) =>
    isUnknown(facts.content) ? skipped('the database is not ready') : look(facts.content, facts),
});

const reachable: Check = {
  id: 'database',
  look({ database, config }) {
    if (!isUnknown(database))
      return database.isReplica
        ? fault('the server is a replica, which takes no writes', 'Let DATABASE_URL lead to the primary.')
        : ok('answers, and takes writes');
    // Whoever has not started a clone yet has nothing to put right.
    if (config.get(DatabaseConfig).url === null)
      return warning(database.unknown, 'Start the service once: npm start');
    return fault(
      database.unknown,
      'Start it, or correct DATABASE_URL: host, port, user, password and database.',
    );
  },
};

const version = onDatabase('database-version', ({ version: number }) => {
  const name = `PostgreSQL ${Math.floor(number / 10_000)}.${number % 10_000}`;
  return number >= LEAST_VERSION ? ok(name) : fault(`${name} is too old`, 'Take PostgreSQL 15 or newer.');
});

const encoding = onDatabase('database-encoding', ({ encoding: name }) =>
  name === 'UTF8'
    ? ok('UTF8')
    : fault(`is ${name}, in which names cannot be kept`, "Make the database anew with ENCODING 'UTF8'."),
);

const extensions = onDatabase('database-extensions', ({ hasPlpgsql }) =>
  hasPlpgsql
    ? ok('plpgsql is there; nothing else is needed')
    : fault('plpgsql is missing', 'As a superuser, in this database: CREATE EXTENSION plpgsql'),
);

const role = onDatabase('database-role', (database, { isProduction }) => {
  const { role: name, lacking, excess, isSuperuser } = database;
  if (lacking.length > 0)
    return fault(
      `${name} cannot read and write ${lacking.join(', ')}`,
      `As the owner of the tables: GRANT SELECT, INSERT, UPDATE, DELETE ON ${lacking.join(', ')} TO "${name}"`,
    );
  if (!isProduction) return ok(`${name} may do what is needed`);
  if (isSuperuser)
    return warning(
      `${name} is a superuser`,
      'Give the service a role of its own without SUPERUSER, and set DATABASE_URL to it.',
    );
  return excess.length > 0
    ? warning(
        `${name} has ${excess.join(', ')} on audit_log, which is only ever added to`,
        'Let another role own the tables and run the migrations, and grant this one no more than it needs.',
      )
    : ok(`${name} may do what is needed, and cannot change the audit log`);
});

const tls = onDatabase('database-tls', ({ isEncrypted, isLocal }, { isProduction }) => {
  if (isEncrypted) return ok('the connection is encrypted');
  if (isLocal || !isProduction) return ok('the connection stays on this machine or in development');
  return warning(
    'the connection is not encrypted: passwords and names pass the network in clear text',
    'Add sslmode=verify-full (and sslrootcert=…) to DATABASE_URL, unless the network is your own.',
  );
});

const direct: Check = {
  id: 'database-direct',
  look({ direct: fact, config }) {
    const { directUrl } = config.get(DatabaseConfig);
    const setting = directUrl === null ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL';
    if (isUnknown(fact))
      return directUrl === null
        ? skipped('the database cannot be asked')
        : fault(`DATABASE_DIRECT_URL: ${fact.unknown}`, 'Let it lead to Postgres itself, past the pooler.');
    return fact.isDirect
      ? ok(`${setting} leads to Postgres itself`)
      : fault(
          `${setting} leads to a pooler that shares connections out: queues and signals need one of their own`,
          'Set DATABASE_DIRECT_URL to Postgres itself.',
        );
  },
};

const connections = onDatabase('database-connections', ({ connections: most }, { config }) => {
  const { application, jobs, outbox } = config.get(DatabaseConfig).connections;
  const needed = application + jobs + outbox;
  return needed + SPARE <= most
    ? ok(`${needed} of ${most} for each process: up to ${Math.floor((most - SPARE) / needed)} processes`)
    : fault(
        `one process opens up to ${needed}, the server lets ${most}`,
        'Lower DATABASE_POOL_SIZE, raise max_connections, or put PgBouncer in between.',
      );
});

const migrations: Check = {
  id: 'migrations',
  look({ missing }) {
    if (missing === null)
      return ok('every migration of this version has run, roles and privileges are there');
    if (typeof missing !== 'string') return skipped('the database cannot be asked');
    return fault(missing, 'Run: npm run cli -- migrate (in the image: node dist/src/cli.js migrate)');
  },
};

const clock = onDatabase('clock', ({ skew, skewUncertainty }) => {
  const least = Math.max(Math.abs(skew) - skewUncertainty, 0);
  const seconds = `${(Math.abs(skew) / 1_000).toFixed(1)} s`;
  const says = `the database is ${seconds} ${skew < 0 ? 'behind' : 'ahead of'} this machine`;
  if (least < SKEW.warning) return ok(`${seconds} between this machine and the database`);
  const remedy = 'Let NTP or chrony set the clocks of both machines.';
  return least < SKEW.fault ? warning(says, remedy) : fault(says, remedy);
});

const keys = onContent('keys', ({ keys: all }, { config }) => {
  const { keyRotationDays } = config.get(TokensConfig);
  const live = all.filter(({ state }) => state !== 'gone');
  if (all.length === 0)
    return warning('there is no signing key yet', 'Start the service: it makes the first one.');
  const active = live.find(({ state }) => state === 'active');
  if (!active)
    return fault(
      'no signing key is active: nobody can sign in',
      'Restart the service, which makes one, or: npm run cli -- keys rotate',
    );
  if (live.some(({ opens }) => !opens))
    return fault(
      'a signing key was sealed with another KEY_ENCRYPTION_SECRET: the service does not start',
      'Set KEY_ENCRYPTION_SECRET to the one it was made with.',
    );
  const days = Math.floor(active.age / DAY);
  return keyRotationDays > 0 && days > keyRotationDays + LATE
    ? warning(
        `the key signs for ${days} days, of ${keyRotationDays}`,
        'See that a worker runs, or: npm run cli -- keys rotate',
      )
    : ok(`one key signs, for ${days} days, and can be opened`);
});

const outbox = onContent('outbox', ({ outboxAge }) =>
  outboxAge === null || outboxAge < OUTBOX_AGE
    ? ok('nothing waits for long')
    : warning(
        `an event has waited for ${Math.floor(outboxAge)} s: nothing is mailed or delivered`,
        'Run a process with the background (SERVICE=worker, or WORKER=on), and see its log.',
      ),
);

const administrator = onContent('administrator', ({ hasAdministrator }) =>
  hasAdministrator
    ? ok('there is a SuperAdmin')
    : warning(
        'there was never a SuperAdmin: nobody can administer anything',
        'Set ADMIN_EMAIL and start, or: npm run cli -- user create --first-name NAME --role SuperAdmin --email ADDRESS',
      ),
);

export const databaseChecks: readonly Check[] = [
  reachable,
  version,
  encoding,
  extensions,
  role,
  tls,
  direct,
  connections,
  migrations,
  clock,
  keys,
  outbox,
  administrator,
];

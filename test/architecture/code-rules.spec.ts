import {
  anyTypes,
  batchesRunAgain,
  callsOf,
  consoleUses,
  databaseQueries,
  environmentReads,
  globalModules,
  hiddenDependencies,
  places,
  productWords,
  rawRoutes,
  type Rule,
  unusedExceptions,
  userTableNames,
} from './code-rules.js';
import { isMigration, readSources } from './sources.js';

const product = readSources('src', 'migrations', 'seeds', 'tools', 'ormconfig.ts');
const src = readSources('src');
const everything = readSources('src', 'migrations', 'seeds', 'test', 'tools', 'ormconfig.ts');

/** Exceptions of each rule, by file, with the reason. */
const ENVIRONMENT = {
  'src/apps/read-config.ts': 'the entry points read the configuration through it, once',
  'tools/embedded-postgres/binaries.ts':
    'hands PATH, the locale and the temporary folder on to the programs of Postgres; nothing is configured there',
};
const GLOBAL_MODULES = {
  'src/platform/platform.module.ts': 'technology, no domain module: to be had everywhere',
  'src/platform/database.module.ts': 'technology, no domain module: to be had everywhere',
  'src/platform/mail.module.ts': 'technology, no domain module: to be had everywhere',
};
const QUERIES = {
  'src/platform/audit/audit-log.ts':
    'the one statement that writes the log, in the transaction of the caller',
  'src/platform/outbox/outbox.ts':
    'the one statement that writes the outbox, in the transaction of the caller',
  'src/platform/outbox/outbox-signal.ts': 'NOTIFY: touches no table',
  'src/platform/outbox/outbox-listener.ts': 'LISTEN: touches no table',
  'src/platform/events/inbox.ts': 'the one statement that claims an event, in the transaction of the caller',
  'src/platform/jobs/job-schema.ts': 'no query: a connection on which BullMQ makes its tables',
  'src/roles/effective-privileges.service.ts':
    'a cache, the query that fills it and the one that says what is old in it',
  'src/auth/principals/local-principal-reader.ts':
    'the one place that joins tables of auth and users (docs/decisions/0008)',
  'src/platform/idempotency/idempotency-keys.ts':
    'bookkeeping of the platform: the protocol of the keys is these statements and nothing else',
};
const USER_TABLE = {
  'src/auth/principals/local-principal-reader.ts': QUERIES['src/auth/principals/local-principal-reader.ts'],
};
const PRODUCT_WORDS = {
  'src/platform/http/openapi-operations.ts': 'what access has stated, in the words of the document',
  'src/platform/config/own-settings.ts': 'settings of Postgres, as it calls them',
  'src/platform/config/env-file.ts': 'the user of the machine',
  'src/platform/config/variables.ts': 'the user of a URL',
  'src/platform/mail/mail.config.ts': 'the user of a mail server, in its URL',
  'src/platform/outbound/outbound.config.ts': 'the variable is named after what it was made for',
  'src/platform/audit/audit-entry.entity.ts': 'an identity column, as Postgres calls it',
  'src/platform/outbox/outbox-message.entity.ts': 'an identity column, as Postgres calls it',
  'src/platform/database/session-settings.ts': 'the user of the connection, as Postgres calls it',
  'src/platform/database/connect.ts': 'the user of the connection',
  'src/platform/redis/redis-claim.ts': 'the user of the connection',
  'src/platform/outbound/outbound-rules.ts': 'the user name of a URL',
  'src/platform/http/html-page.ts': 'the attribute role of HTML',
};
const RAW_ROUTES = {
  'src/platform/http/docs-pages.ts': 'the pages of the API: static, no data, off in production',
  'src/platform/http/fastify.ts': 'registers the hooks every request passes, and no route',
};

describe('the code', () => {
  it('has no any', () => {
    expect(places(everything, anyTypes)).toEqual([]);
  });

  it('has no barrel', () => {
    expect([...src.keys()].filter((path) => /(^|\/)index\.ts$/.test(path))).toEqual([]);
  });

  it('hides no dependency behind forwardRef or @Global()', () => {
    expect(places(src, hiddenDependencies)).toEqual([]);
  });

  it('makes no domain module global', () => {
    expect(places(src, globalModules, GLOBAL_MODULES)).toEqual([]);
  });

  it('reads the environment at its entry points only', () => {
    expect(places(product, environmentReads, ENVIRONMENT)).toEqual([]);
  });

  it('writes to the log, never to the console', () => {
    expect(places(product, consoleUses)).toEqual([]);
  });

  it('queries the database in repositories only', () => {
    const others = new Map(
      [...src].filter(
        ([path]) => !/\.repository\.ts$|^src\/platform\/database\//.test(path) && !isMigration(path),
      ),
    );
    expect(places(others, databaseQueries, QUERIES)).toEqual([]);
  });

  it('reads and writes the table of users among users only', () => {
    const others = new Map([...src].filter(([path]) => !path.startsWith('src/users/') && !isMigration(path)));
    expect(places(others, userTableNames, USER_TABLE)).toEqual([]);
  });

  it('names no noun of the product in the platform', () => {
    const platform = new Map([...src].filter(([path]) => path.startsWith('src/platform/')));
    expect(places(platform, productWords, PRODUCT_WORDS)).toEqual([]);
  });

  it('puts things into the outbox in one place', () => {
    const writers = [...src].filter(([, text]) => /INSERT INTO outbox\b/i.test(text));
    expect(writers.map(([path]) => path)).toEqual(['src/platform/outbox/outbox.ts']);
  });

  it('takes batches by a subquery that runs once', () => {
    expect(places(product, batchesRunAgain)).toEqual([]);
  });

  it('serves routes through controllers only, where the guard is', () => {
    expect(places(src, rawRoutes, RAW_ROUTES)).toEqual([]);
  });

  it('defines the errors of the catalogue in *.errors.ts only', () => {
    const others = new Map([...src].filter(([path]) => !path.endsWith('.errors.ts')));
    expect(places(others, callsOf('defineError'))).toEqual([]);
  });

  it.each<[string, Rule, Record<string, string>]>([
    ['of the environment', environmentReads, ENVIRONMENT],
    ['of global modules', globalModules, GLOBAL_MODULES],
    ['of queries', databaseQueries, QUERIES],
    ['of the table of users', userTableNames, USER_TABLE],
    ['of nouns of the product', productWords, PRODUCT_WORDS],
    ['of raw routes', rawRoutes, RAW_ROUTES],
  ])('has no exception %s without use', (_, rule, exceptions) => {
    expect(unusedExceptions(product, rule, exceptions)).toEqual([]);
  });
});

describe('the rules of the code', () => {
  const found = (text: string, rule: Rule) => places(new Map([['a.ts', text]]), rule).length;

  it.each<[string, Rule, string[]]>([
    [
      'any',
      anyTypes,
      ['let a: any;', 'const f = (a: any[]) => a;', 'type T = Record<string, any>;', 'b as any;', '<any>c;'],
    ],
    [
      'reads of the environment',
      environmentReads,
      [
        'process.env.PORT;',
        `process['env'].PORT;`,
        'const { env } = process;',
        'globalThis.process.env;',
        `import { env } from 'node:process';`,
      ],
    ],
    ['console', consoleUses, ['console.log(1);', 'const { log } = console;', `console['error'](1);`]],
    [
      'hidden dependencies',
      hiddenDependencies,
      [
        '@Global() class A {}',
        'inject(forwardRef(() => B));',
        `import { Global as G } from '@nestjs/common';`,
      ],
    ],
    ['global modules', globalModules, ['const m = { global: true };', 'const m = { global: isGlobal() };']],
    [
      'queries',
      databaseQueries,
      [
        `this.dataSource.query('SELECT 1');`,
        `tx.prepared('one', 'SELECT 1', []);`,
        `tx.preparedLast('one', 'SELECT 1', []);`,
        'tx.repository(User);',
        'manager.getRepository(User);',
        'users.createQueryBuilder();',
        'dataSource.createQueryRunner();',
        `import { Repository } from 'typeorm';`,
        `import { type EntityManager } from 'typeorm';`,
      ],
    ],
    ['raw routes', rawRoutes, [`fastify.get('/x', f);`, 'fastify.route({});', 'httpAdapter.post(1);']],
    [
      'batches that may be run again',
      batchesRunAgain,
      [
        "sql('DELETE FROM a WHERE id IN (SELECT id FROM a LIMIT 1 FOR UPDATE SKIP LOCKED)');",
        'sql(`DELETE FROM a WHERE id IN (\n SELECT id FROM a LIMIT ${1} FOR UPDATE SKIP LOCKED)`);',
      ],
    ],
    [
      'names of the table of users',
      userTableNames,
      [
        `sql('SELECT 1 FROM "user"');`,
        'sql(`SELECT 1 FROM session s JOIN "user" u ON u.id = ${a}`);',
        `const table = '"user"';`,
      ],
    ],
    [
      'nouns of the product',
      productWords,
      [
        `const TAGS = ['Users'];`,
        `const LIVE = { table: 'user_identity' };`,
        'sql(`UPDATE registration SET a = 1 WHERE ${b}`);',
        `defineJob('a', 'webhooks');`,
      ],
    ],
    ['calls', callsOf('defineError'), ['class A extends defineError({}) {}']],
  ])('find %s', (_, rule, texts) => {
    expect(texts.map((text) => found(text, rule))).toEqual(texts.map(() => 1));
  });

  it.each<[string, Rule, string]>([
    ['the word any', anyTypes, `const any = 'any'; // any`],
    ['other members of process', environmentReads, 'process.exit(env);'],
    ['the query of a request', databaseQueries, 'request.query.limit; @Query() query: Q;'],
    ['a global that is off', globalModules, 'const m = { global: false };'],
    [
      'batches that run once',
      batchesRunAgain,
      'sql(`DELETE FROM a WHERE id = ANY (ARRAY(SELECT 1 SKIP LOCKED))`);',
    ],
    ['other uses of the word', userTableNames, `const a = ['user', '{"user": 1}', 'user_id'];`],
    [
      'who acts, imports, comments and other words',
      productWords,
      `import { a } from './session.js'; // users
       sql('UPDATE a SET user_id = $1, session_id = $2'); read('user-agent', 'scroll', 'possessions');`,
    ],
    ['other receivers', rawRoutes, `this.reflector.get(A); sets.get('x');`],
  ])('leave alone %s', (_, rule, text) => {
    expect(found(text, rule)).toBe(0);
  });
});

import { posix } from 'node:path';

/** Where the names that generated code uses come from: packages, and files of the product. */
const SOURCES: Readonly<Record<string, string>> = invert({
  'node:crypto': 'randomUUID',
  '@nestjs/common': 'Body Controller Delete Get Injectable Module Patch Post Query',
  '@nestjs/swagger': 'ApiProperty ApiTags PartialType',
  '@nestjs/typeorm': 'InjectRepository TypeOrmModule',
  typeorm:
    'Column Entity ForeignKey Index IsNull MigrationInterface PrimaryGeneratedColumn QueryRunner Repository',
  'src/access/access.decorators.ts': 'CurrentActor RequirePrivileges',
  'src/access/actor.ts': 'Actor',
  'src/access/authored-by-users.ts': 'AuthoredByUsers',
  'src/access/feature.ts': 'defineFeature',
  'src/access/idempotent.decorator.ts': 'Idempotent',
  'src/access/privilege.ts': 'declarePrivileges',
  'src/common/app-error.ts': 'defineError',
  'src/common/page.ts': 'Page PageRequest',
  'src/platform/database/common-columns.ts': 'CommonColumns',
  'src/platform/database/constraint-violation.ts': 'mapConstraintViolation',
  'src/platform/database/keyset-page.ts': 'keysetPage',
  'src/platform/database/returning.ts': 'insertReturning updateReturning',
  'src/platform/database/transactions.ts': 'Transaction Transactions',
  'src/platform/events/change-log.ts': 'ChangeLog',
  'src/platform/events/define-event.ts': 'defineEvent eventsOf',
  'src/platform/http/endpoint.decorator.ts': 'Endpoint',
  'src/platform/http/etag.ts': 'asItIs IfMatch Precondition SeenCheck SingleResource',
  'src/platform/http/fields.ts': 'BooleanField EnumField IdField IntegerField SortField TextField',
  'src/platform/http/http.errors.ts': 'InvalidCursor',
  'src/platform/http/id-param.decorator.ts': 'IdParam',
  'src/platform/http/list.query.ts': 'ListQuery Paging ToBoolean ToInteger',
  'src/platform/http/page.response.ts': 'PageOf',
  'src/platform/http/value-fields.ts': 'DayField DecimalField LongTextField TimeField UuidField',
  'test/e2e/guarded.ts': 'refusesStrangers',
  'test/e2e/requests.ts': 'exampleOf',
  'test/e2e/shapes.ts': 'Problem walk',
  'test/e2e/traces.ts': 'traces writerOf',
  'test/integration/fixture.ts': 'Fixture openFixture',
  'test/integration/plans.ts': 'faultsOf',
  'test/support/app.ts': 'startApp TestApp',
});

/** Names that name types in every file. */
const TYPES = new Set([
  'Actor',
  'Fixture',
  'MigrationInterface',
  'Page',
  'PageRequest',
  'Problem',
  'QueryRunner',
  'SeenCheck',
  'TestApp',
  'Transaction',
]);

/**
 * `body` below the imports it needs. `own` says where the names of the noun come from; `types` are those it uses as types
 * only.
 */
export function withImports(
  path: string,
  body: string,
  own: Readonly<Record<string, string>>,
  types: readonly string[] = [],
): string {
  const sources = { ...SOURCES, ...own };
  const used = identifiersIn(body).filter((name) => Object.hasOwn(sources, name) && sources[name] !== path);
  const modules = Map.groupBy(used, (name) => sources[name] ?? '');
  const isType = (name: string) => TYPES.has(name) || types.includes(name);
  const lines = [...modules].map(([module, names]) => {
    const from = module.endsWith('.ts') ? relativeTo(path, module) : module;
    const sorted = names.toSorted((a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' }));
    const isTypes = names.every(isType);
    const list = sorted.map((name) => (isType(name) && !isTypes ? `type ${name}` : name)).join(', ');
    return { from, line: `import ${isTypes ? 'type ' : ''}{ ${list} } from '${from}';` };
  });
  const rank = (from: string) => `${from.startsWith('.') ? (from.startsWith('..') ? 1 : 2) : 0}${from}`;
  const ordered = lines.toSorted((a, b) => (rank(a.from) < rank(b.from) ? -1 : 1)).map(({ line }) => line);
  return `${ordered.join('\n')}\n\n${body}`;
}

/** Every name that generated code takes from elsewhere. */
export const importedNames: readonly string[] = Object.keys(SOURCES);

/** The names in TypeScript, each once; none of comments, texts and members. */
function identifiersIn(code: string): string[] {
  const bare = code
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, `''`)
    .replace(/`(?:[^`\\]|\\.)*`/g, (text) =>
      [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => ` ${name} `).join(''),
    );
  return [...new Set(bare.match(/(?<![.\w$]|\.\s)[A-Za-z_$][\w$]*/g))];
}

function relativeTo(path: string, module: string): string {
  const to = posix.relative(posix.dirname(path), module.replace(/[.]ts$/, '.js'));
  return to.startsWith('.') ? to : `./${to}`;
}

function invert(modules: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(modules).flatMap(([module, names]) =>
    names.split(' ').map((name) => [name, module] as const),
  );
  if (new Set(entries.map(([name]) => name)).size < entries.length)
    throw new Error('A name comes from two modules');
  return Object.fromEntries(entries);
}

import type { Field } from '../field.ts';
import type { Noun } from '../noun.ts';
import { sqlName } from '../reserved.ts';
import { spaced } from '../words.ts';
import { type Files, pathsOf, sortFieldsOf, source } from './names.ts';

/** What a field is in the body that tests make rows by. */
export function sentFor(noun: Noun, field: Field): string {
  const target = noun.targets.find((one) => one.field === field);
  if (target) return target.made;
  if (!field.isUnique) return field.example;
  return field.column === 'uuid' ? 'randomUUID()' : `service.factory.unique('Example')`;
}

/** What makes a row for a test: of this noun, and of those that refer to it. */
export function helperOf(noun: Noun): Files {
  const { entity, fields, plural } = noun;
  const members = fields.map(
    ({ name, jsonType, isOptional }) => `readonly ${name}: ${jsonType}${isOptional ? ' | null' : ''};`,
  );
  return source(
    noun,
    pathsOf(noun).helper,
    `/** As the API answers it. */
export interface ${entity}Json {
  readonly id: number;
  ${members.join('\n')}
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Makes one with every field, and with whatever \`changes\` change of its body. */
export async function new${entity}(service: TestApp, token: string, changes: object = {}): Promise<${entity}Json> {
  const body = { ${fields.map((field) => `${field.name}: ${sentFor(noun, field)}`).join(', ')}, ...changes };
  const response = await service.api.post<${entity}Json>('/${plural}', { token, body });
  if (response.status !== 201) throw new Error(response.text);
  return response.body;
}
`,
  );
}

/** The test that each list has its index. */
export function plansOf(noun: Noun): Files {
  const { entity, entities, fields, filters, manyWords, table } = noun;
  const columns = [...fields.map(({ columnName }) => sqlName(columnName)), 'created_at'];
  const values = [
    ...fields.map((field) => (field.isUnique && field.column !== 'uuid' ? `'x' || n` : field.generated)),
    `TIMESTAMPTZ '2026-01-01Z' + n * interval '1 second'`,
  ];
  const cases = [
    `['all of them', {}]`,
    ...filters.flatMap((field) =>
      [
        ['few', fewOf(field)],
        ['most', mostOf(field)],
      ].map(
        ([how, value]) =>
          `['those with the ${spaced(field.label)} that ${how} have', { ${field.name}: ${value} }]`,
      ),
    ),
  ];
  const hasFilters = filters.length > 0;
  return source(
    noun,
    pathsOf(noun).plans,
    `let db: Fixture;
beforeAll(async () => {
  db = await openFixture('${table}_plans');
  for (const statement of [
    // Rows without what they refer to.
    'SET session_replication_role = replica',
    \`INSERT INTO ${sqlName(table)} (${columns.join(', ')})
     SELECT ${values.join(',\n       ')}
     FROM generate_series(1, 20000) n\`,
    // Of every row, not of some by chance: the plans are the same each time.
    'SET default_statistics_target = 1000',
    'VACUUM ANALYZE ${sqlName(table)}',
  ])
    await db.sql(statement);
});
afterAll(() => db.close());

describe('a list of 20,000 ${manyWords} reads no more than it shows', () => {
  ${
    hasFilters
      ? `it.each<[string, ${entity}Filters]>([
    ${cases.join(',\n    ')},
  ])('%s', async (_, filters) => {
    const repository = new ${entities}Repository(db.dataSource.getRepository(${entity}));
    const list = (request: PageRequest<${entity}SortField>) => repository.list(request, filters);
    expect(await faultsOf(db, { list, fields: ${sortFieldsOf(noun)} })).toEqual([]);
  });`
      : `it('in every order', async () => {
    const repository = new ${entities}Repository(db.dataSource.getRepository(${entity}));
    const list = (request: PageRequest<${entity}SortField>) => repository.list(request);
    expect(await faultsOf(db, { list, fields: ${sortFieldsOf(noun)} })).toEqual([]);
  });`
  }
});
`,
    [`${entity}Filters`, `${entity}SortField`],
  );
}

/** The value of a filter that few of the rows above have: what \`generated\` gives a row in the middle. */
function fewOf({ values, target }: Field): string {
  if (values) return `'${values[1]}'`;
  return target === undefined ? 'false' : '2';
}

function mostOf({ values, target }: Field): string {
  if (values) return `'${values[0]}'`;
  return target === undefined ? 'true' : '1';
}

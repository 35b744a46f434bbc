import type { Field } from '../field.ts';
import type { Noun, Target } from '../noun.ts';
import { snake, capitalised, withArticle } from '../words.ts';
import { jsonOf, typesOfEnums } from './api.ts';
import {
  type Files,
  lines,
  migrationOf,
  notFoundError,
  pathsOf,
  source,
  takenError,
  unknownError,
} from './names.ts';

/** What the noun consists of, what it declares, and its use cases. */
export function logicOf(noun: Noun): Files {
  return {
    ...feature(noun),
    ...module(noun),
    ...privileges(noun),
    ...errors(noun),
    ...events(noun),
    ...repository(noun),
    ...service(noun),
  };
}

function feature(noun: Noun): Files {
  const { entity, entities, many, manyWords, one, plural, singular } = noun;
  const uses = [...new Set(noun.targets.map((target) => `'${target.feature}'`))].filter(
    (name) => name !== `'${plural}'`,
  );
  const { [pathsOf(noun).feature]: text = '', ...rest } = source(
    noun,
    pathsOf(noun).feature,
    `export const ${many}Feature = defineFeature({
  name: '${plural}',
  ${uses.length > 0 ? `uses: [${uses.join(', ')}],` : ''}
  tags: { ${tagKey(capitalised(manyWords))}: '${capitalised(manyWords)}: made, read, changed and deleted.' },
  module: () => ${entities}Module,
  entities: [${entity}],
  migrations: [${migrationOf(noun)}],
  privileges: Object.values(${many}Privileges),
  events: eventsOf(${one}Events),
});
`,
  );
  const imported = `import * as ${one}Events from './${singular}.events.js';`;
  return {
    ...rest,
    [pathsOf(noun).feature]: text.replace(/(?=\nimport [^\n]*privileges\.js)/, `\n${imported}`),
  };
}

const tagKey = (tag: string) => (tag.includes(' ') ? `'${tag}'` : tag);

function module(noun: Noun): Files {
  const { entity, entities } = noun;
  return source(
    noun,
    pathsOf(noun).module,
    `@Module({
  imports: [TypeOrmModule.forFeature([${entity}])],
  controllers: [${entities}Controller],
  providers: [${entities}Service, ${entities}Repository],
  exports: [${entities}Service],
})
export class ${entities}Module {}
`,
  );
}

function privileges(noun: Noun): Files {
  const actions = { read: 'List and read', create: 'Create', update: 'Change', delete: 'Delete' };
  return source(
    noun,
    pathsOf(noun).privileges,
    `export const ${noun.many}Privileges = declarePrivileges('${noun.privileges}', {
${Object.entries(actions)
  .map(([action, verb]) => `${action}: '${verb} ${noun.manyWords}',`)
  .join('\n')}
});
`,
  );
}

/** An error of the noun, as code, docs/errors.md and tests have it. */
export interface NounError {
  readonly name: string;
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly advice: string;
}

export function errorsOf(noun: Noun): NounError[] {
  const { words } = noun;
  const codeOf = (name: string) => snake(name);
  const unknown = ({ field }: Target): NounError => ({
    name: unknownError(noun, field),
    code: codeOf(unknownError(noun, field)),
    status: 422,
    title: `The request names ${withArticle(snake(field.label).replaceAll('_', ' '))} there is not.`,
    advice: 'Check the id. What is deleted is not taken either.',
  });
  const taken = (field: Field): NounError => ({
    name: takenError(noun, field),
    code: codeOf(takenError(noun, field)),
    status: 409,
    title: `Another ${words} has this ${snake(field.label).replaceAll('_', ' ')}.`,
    advice: `Choose another, or use the ${words} that has it.`,
  });
  return [
    {
      name: notFoundError(noun),
      code: codeOf(notFoundError(noun)),
      status: 404,
      title: `There is no such ${words}.`,
      advice: `Check the id. What is deleted is not found either.`,
    },
    ...noun.fields.filter(({ isUnique }) => isUnique).map(taken),
    ...noun.targets.map(unknown),
  ];
}

function errors(noun: Noun): Files {
  const classes = errorsOf(noun).map(
    ({ name, code, status, title }) => `export class ${name} extends defineError({
  code: '${code}',
  status: ${status},
  title: '${title}',
}) {}`,
  );
  return source(noun, pathsOf(noun).errors, `${classes.join('\n\n')}\n`);
}

/** What events tell: not what people write, which may tell of people. Keys are what others know a thing by. */
export const toldIn = ({ fields }: Noun): Field[] =>
  fields.filter(({ schema, isUnique }) => schema !== null || isUnique);

function events(noun: Noun): Files {
  const { entity, one, table } = noun;
  const told = toldIn(noun).map((field) => `${field.name}: ${jsonOf(field, one)},`);
  return source(
    noun,
    pathsOf(noun).events,
    `const about = (${one}: ${entity}) => ({
  aggregate: { type: '${table}', id: ${one}.id },
  payload: { id: ${one}.id, ${told.join(' ')} },
});

export const ${one}Created = defineEvent('${table}.created', 1, about);
export const ${one}Updated = defineEvent('${table}.updated', 1, about);
export const ${one}Deleted = defineEvent('${table}.deleted', 1, about);
`,
    [entity],
  );
}

/** Constraints of the table, by the errors of who breaks them. */
function constraintsOf(noun: Noun): string[] {
  return noun.fields
    .filter(({ isUnique }) => isUnique)
    .map((field) => `ux_${noun.table}_${field.columnName}: () => new ${takenError(noun, field)}(),`);
}

function repository(noun: Noun): Files {
  const { entity, entities, many } = noun;
  const constraints = constraintsOf(noun);
  const names = noun.fields.map(({ name }) => `'${name}'`).join(' | ');
  const hasFilters = noun.filters.length > 0;
  const filterType = `
export type ${entity}Filters = {
${lines(noun.filters.map(({ name, type }) => `readonly ${name}?: ${type};`))}
};`;
  const conditions = noun.filters.map(
    ({ name }) =>
      `if (filters.${name} !== undefined) query.andWhere('row.${name} = :${name}', { ${name}: filters.${name} });`,
  );
  const list = hasFilters
    ? `list(request: PageRequest<${entity}SortField>, filters: ${entity}Filters): Promise<Page<${entity}>> {
    const query = this.${many}.createQueryBuilder('row');
${lines(conditions)}
    return keysetPage(query, request);
  }`
    : `list(request: PageRequest<${entity}SortField>): Promise<Page<${entity}>> {
    return keysetPage(this.${many}.createQueryBuilder('row'), request);
  }`;
  const guarded = (statement: string) =>
    constraints.length > 0 ? `mapConstraintViolation(constraints, () => ${statement})` : statement;
  const throws = constraints.length > 0 ? `/** @throws ${takenErrors(noun).join(', ')} */` : '';
  return source(
    noun,
    pathsOf(noun).repository,
    `export type ${entity}SortField = ${noun.sorts.map(({ name }) => `'${name}'`).join(' | ')};
export type ${entity}Fields = Pick<${entity}, ${names}>;
${hasFilters ? filterType : ''}
${constraints.length > 0 ? `\nconst constraints = {\n${lines(constraints)}\n};\n` : ''}
@Injectable()
export class ${entities}Repository {
  constructor(@InjectRepository(${entity}) private readonly ${many}: Repository<${entity}>) {}

  ${list}

  find(id: number): Promise<${entity} | null> {
    return this.${many}.findOneBy({ id });
  }

  /** Holds off every other change of the row until the transaction ends. */
  findForChange(tx: Transaction, id: number): Promise<${entity} | null> {
    return tx.repository(${entity}).findOne({ where: { id }, lock: { mode: 'for_no_key_update' } });
  }
${noun.targets.map(lockTarget).join('')}
${lines(throws, `insert(tx: Transaction, fields: ${entity}Fields): Promise<${entity}> {`)}
    return ${guarded(`insertReturning(tx, ${entity}, fields)`)};
  }

${lines(throws, `update(tx: Transaction, id: number, fields: Partial<${entity}Fields>): Promise<${entity}> {`)}
    return ${guarded(`updateReturning(tx, ${entity}, id, fields)`)};
  }

  async softDelete(tx: Transaction, id: number): Promise<void> {
    await tx.repository(${entity}).softDelete({ id, deletedAt: IsNull() });
  }
}
`,
    typesOfEnums(noun),
  );

  function lockTarget({ entity: target, field }: Target): string {
    return `
  /** Keeps the ${snake(field.label).replaceAll('_', ' ')} of ${withArticle(noun.words)} until the transaction ends. False when there is none. */
  async lock${capitalised(field.label)}(tx: Transaction, id: number): Promise<boolean> {
    const lock = { mode: 'pessimistic_read' } as const;
    return (await tx.repository(${target}).findOne({ where: { id }, select: { id: true }, lock })) !== null;
  }
`;
  }
}

const takenErrors = (noun: Noun): string[] =>
  noun.fields.filter(({ isUnique }) => isUnique).map((field) => takenError(noun, field));

function service(noun: Noun): Files {
  const { entity, entities, many, one } = noun;
  const notFound = notFoundError(noun);
  const refusals = [...takenErrors(noun), ...noun.targets.map(({ field }) => unknownError(noun, field))];
  const hasFilters = noun.filters.length > 0;
  const refers = noun.targets.length > 0;
  const checks = noun.targets.map(({ field }) => {
    const id = `fields.${field.name}`;
    const isGiven = field.isOptional ? `${id} !== undefined && ${id} !== null` : `${id} !== undefined`;
    return `if (${isGiven} && !(await this.${many}.lock${capitalised(field.label)}(tx, ${id})))
      throw new ${unknownError(noun, field)}();`;
  });
  return source(
    noun,
    pathsOf(noun).service,
    `@Injectable()
export class ${entities}Service {
  constructor(
    private readonly transactions: Transactions,
    private readonly ${many}: ${entities}Repository,
    private readonly changes: ChangeLog,
  ) {}

  list(request: PageRequest<${entity}SortField>${hasFilters ? `, filters: ${entity}Filters` : ''}): Promise<Page<${entity}>> {
    return this.${many}.list(request${hasFilters ? ', filters' : ''});
  }

  /** @throws ${notFound} */
  async get(id: number): Promise<${entity}> {
    const ${one} = await this.${many}.find(id);
    if (!${one}) throw new ${notFound}();
    return ${one};
  }

  /** The row, its audit entry and its event commit together.${refusals.length > 0 ? ` @throws ${refusals.join(', ')}` : ''} */
  create(fields: ${entity}Fields, actor: Actor): Promise<${entity}> {
    return this.transactions.run(actor, async (tx) => {
      ${refers ? 'await this.assertRefersToSomething(tx, fields);' : ''}
      const ${one} = await this.${many}.insert(tx, fields);
      await this.changes.record(tx, actor, ${one}Created(${one}), { ...fields });
      return ${one};
    });
  }

  /** @throws ${[notFound, ...refusals].join(', ')}, and what \`assertSeen\` throws */
  update(
    id: number,
    fields: Partial<${entity}Fields>,
    actor: Actor,
    assertSeen: SeenCheck<${entity}> = asItIs,
  ): Promise<${entity}> {
    return this.transactions.run(actor, async (tx) => {
      const before = await this.getForChange(tx, id);
      await assertSeen(before, tx);
      if (Object.keys(fields).length === 0) return before;
      ${refers ? 'await this.assertRefersToSomething(tx, fields);' : ''}
      const ${one} = await this.${many}.update(tx, id, fields);
      await this.changes.record(tx, actor, ${one}Updated(${one}), { ...fields });
      return ${one};
    });
  }

  /** @throws ${notFound}, and what \`assertSeen\` throws */
  delete(id: number, actor: Actor, assertSeen: SeenCheck<${entity}> = asItIs): Promise<void> {
    return this.transactions.run(actor, async (tx) => {
      const ${one} = await this.getForChange(tx, id);
      await assertSeen(${one}, tx);
      await this.${many}.softDelete(tx, id);
      await this.changes.record(tx, actor, ${one}Deleted(${one}));
    });
  }

  private async getForChange(tx: Transaction, id: number): Promise<${entity}> {
    const ${one} = await this.${many}.findForChange(tx, id);
    if (!${one}) throw new ${notFound}();
    return ${one};
  }
${
  refers
    ? `
  private async assertRefersToSomething(tx: Transaction, fields: Partial<${entity}Fields>): Promise<void> {
    ${checks.join('\n')}
  }`
    : ''
}
}
`,
    [entity, `${entity}Fields`, `${entity}Filters`, `${entity}SortField`],
  );
}

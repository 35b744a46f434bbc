import type { Field } from '../field.ts';
import type { Noun } from '../noun.ts';
import { capitalised, spaced, withArticle } from '../words.ts';
import {
  type Files,
  lines,
  notFoundError,
  pathsOf,
  sortFieldsOf,
  source,
  takenError,
  unknownError,
} from './names.ts';

/** What the routes take and answer, and the routes. */
export function apiOf(noun: Noun): Files {
  return {
    ...createDto(noun),
    ...updateDto(noun),
    ...listQuery(noun),
    ...response(noun),
    ...controller(noun),
  };
}

function createDto(noun: Noun): Files {
  return source(
    noun,
    pathsOf(noun).create,
    `export class Create${noun.entity}Dto {
${noun.fields.map(bodyField).join('\n\n')}
}
`,
    typesOfEnums(noun),
  );
}

function bodyField(field: Field): string {
  const { isOptional, isOwner, isUnique, name, type, example } = field;
  const [decorator, own] = field.decorator;
  const about = isOwner ? 'Left out, it is you.' : isUnique ? 'Unique.' : '';
  const options = [
    own,
    (isOptional || isOwner) && 'optional: true',
    isOptional && 'nullable: true',
    field.target === undefined && !isOptional && `example: ${example}`,
    about && `description: '${about}'`,
  ].filter(Boolean);
  const mark = isOptional || isOwner ? '?' : '!';
  return `@${decorator}({ ${options.join(', ')} })
${name}${mark}: ${type}${isOptional ? ' | null' : ''};`;
}

function updateDto(noun: Noun): Files {
  const create = `Create${noun.entity}Dto`;
  return source(
    noun,
    pathsOf(noun).update,
    `export class Update${noun.entity}Dto extends PartialType(${create}, { skipNullProperties: false }) {}
`,
  );
}

function listQuery(noun: Noun): Files {
  const { entity, entities, filters, manyWords } = noun;
  const parts = filters.map(({ name }) => `...(query.${name} !== undefined && { ${name}: query.${name} }),`);
  const filtersOf = `
  static filtersOf(query: List${entities}Query): ${entity}Filters {
    return {
${lines(parts)}
    };
  }`;
  return source(
    noun,
    pathsOf(noun).list,
    `export const ${sortFieldsOf(noun)} = ${JSON.stringify(noun.sorts.map(({ name }) => name))} as const;

export class List${entities}Query extends ListQuery {
${filters.map((field) => `${filterField(field, manyWords)}\n`).join('\n')}
  @SortField(${sortFieldsOf(noun)}, '${entity}Sort')
  declare sort?: string;
${filters.length > 0 ? filtersOf : ''}
}
`,
    [...typesOfEnums(noun), `${entity}Filters`],
  );
}

function filterField(field: Field, manyWords: string): string {
  const [decorator, own] = field.decorator;
  const about = `${capitalised(manyWords)} with this ${spaced(field.label)}.`;
  const options = [own, 'optional: true', `description: '${about}'`].filter(Boolean).join(', ');
  return lines(`@${decorator}({ ${options} })`, field.filter ?? '', `${field.name}?: ${field.type};`);
}

function response(noun: Noun): Files {
  const { entity, one } = noun;
  const shown = noun.fields.map(({ shown: options, name, jsonType, values, type, isOptional, example }) =>
    lines(
      `@ApiProperty({ ${options}${isOptional ? ', nullable: true' : ''}, example: ${isOptional ? 'null' : example} })`,
      `${name}!: ${values ? type : jsonType}${isOptional ? ' | null' : ''};`,
    ),
  );
  return source(
    noun,
    pathsOf(noun).response,
    `const TIME = { type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' } as const;

export class ${entity}Response {
  @ApiProperty({ type: 'integer', example: 7 })
  id!: number;

${shown.join('\n\n')}

  @ApiProperty(TIME)
  createdAt!: string;

  @ApiProperty(TIME)
  updatedAt!: string;

  static from(${one}: ${entity}): ${entity}Response {
    return {
      id: ${one}.id,
${noun.fields.map((field) => `${field.name}: ${jsonOf(field, one)},`).join('\n')}
      createdAt: ${one}.createdAt.toISOString(),
      updatedAt: ${one}.updatedAt.toISOString(),
    };
  }
}

export class ${entity}Page extends PageOf(${entity}Response) {}
`,
    [entity, ...typesOfEnums(noun)],
  );
}

/** The value of a field as JSON has it. */
export function jsonOf({ name, toJson, isOptional }: Field, one: string): string {
  const value = `${one}.${name}`;
  if (!toJson) return value;
  return isOptional ? `${toJson(`${value}?`)} ?? null` : toJson(value);
}

export const typesOfEnums = (noun: Noun): string[] =>
  noun.fields.flatMap(({ values, type }) => (values ? [type] : []));

function controller(noun: Noun): Files {
  const { entity, entities, many, manyWords, plural, words } = noun;
  const privileges = `${many}Privileges`;
  const something = withArticle(words);
  const notFound = notFoundError(noun);
  const refusals = [
    ...noun.fields.filter(({ isUnique }) => isUnique).map((field) => takenError(noun, field)),
    ...noun.targets.map(({ field }) => unknownError(noun, field)),
  ];
  const filters = noun.filters.length > 0;
  const errors = (...names: string[]) => (names.length > 0 ? `errors: [${names.join(', ')}],` : '');
  return source(
    noun,
    pathsOf(noun).controller,
    `/** A cursor of this list is good for no other. */
const SCOPE = { list: '${plural}' };

@ApiTags('${capitalised(manyWords)}')
@Controller('${plural}')
export class ${entities}Controller {
  constructor(
    private readonly ${many}: ${entities}Service,
    private readonly paging: Paging,
  ) {}

  @Get()
  @RequirePrivileges(${privileges}.read)
  @Endpoint({ id: 'list${entities}', summary: 'List ${manyWords}', response: ${entity}Page, errors: [InvalidCursor] })
  async list(@Query() query: List${entities}Query): Promise<${entity}Page> {
${
  filters
    ? `    const filters = List${entities}Query.filtersOf(query);
    const scope = { ...SCOPE, ...filters };
    const request = this.paging.read(query, ${sortFieldsOf(noun)}, { field: 'id', descending: false }, scope);
    return this.paging.write(await this.${many}.list(request, filters), ${entity}Response.from, request, scope);`
    : `    const request = this.paging.read(query, ${sortFieldsOf(noun)}, { field: 'id', descending: false }, SCOPE);
    return this.paging.write(await this.${many}.list(request), ${entity}Response.from, request, SCOPE);`
}
  }

  @Post()
  @RequirePrivileges(${privileges}.create)
  @Idempotent()
  @Endpoint({
    id: 'create${entity}',
    summary: 'Create ${something}',
    status: 201,
    response: ${entity}Response,
    ${errors(...refusals)}
  })
  async create(@Body() input: Create${entity}Dto, @CurrentActor() actor: Actor): Promise<${entity}Response> {
    const fields = { ${noun.fields.map(given).join(', ')} };
    return ${entity}Response.from(await this.${many}.create(fields, actor));
  }

  @Get(':id')
  @RequirePrivileges(${privileges}.read)
  @SingleResource()
  @Endpoint({ id: 'get${entity}', summary: 'Read ${something}', response: ${entity}Response, errors: [${notFound}] })
  async get(@IdParam() id: number): Promise<${entity}Response> {
    return ${entity}Response.from(await this.${many}.get(id));
  }

  @Patch(':id')
  @RequirePrivileges(${privileges}.update)
  @Endpoint({
    id: 'update${entity}',
    summary: 'Change ${something}',
    response: ${entity}Response,
    ${errors(notFound, ...refusals)}
  })
  async update(
    @IdParam() id: number,
    @Body() input: Update${entity}Dto,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<${entity}Response> {
    return ${entity}Response.from(await this.${many}.update(id, input, actor, ifMatch.on(${entity}Response.from)));
  }

  @Delete(':id')
  @RequirePrivileges(${privileges}.delete)
  @Endpoint({ id: 'delete${entity}', summary: 'Delete ${something}', status: 204, errors: [${notFound}] })
  async delete(
    @IdParam() id: number,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<void> {
    await this.${many}.delete(id, actor, ifMatch.on(${entity}Response.from));
  }
}
`,
  );
}

function given({ name, isOptional, isOwner }: Field): string {
  const missing = isOwner && !isOptional ? ' ?? actor.userId' : isOptional ? ' ?? null' : '';
  return `${name}: input.${name}${missing}`;
}

import { withImports } from '../imports.ts';
import type { Noun } from '../noun.ts';
import { capitalised, pascal } from '../words.ts';
import type { Field } from '../field.ts';

/** A file of a noun: its path, and its text before it is formatted. */
export type Files = Readonly<Record<string, string>>;

/** Where the code of a noun is, and what each of its files exports. */
export function pathsOf({ plural, singular, timestamp }: Noun) {
  const src = `src/${plural}`;
  return {
    entity: `${src}/${singular}.entity.ts`,
    errors: `${src}/${singular}.errors.ts`,
    events: `${src}/${singular}.events.ts`,
    privileges: `${src}/${singular}.privileges.ts`,
    response: `${src}/${singular}.response.ts`,
    create: `${src}/create-${singular}.dto.ts`,
    update: `${src}/update-${singular}.dto.ts`,
    list: `${src}/list-${plural}.query.ts`,
    repository: `${src}/${plural}.repository.ts`,
    service: `${src}/${plural}.service.ts`,
    controller: `${src}/${plural}.controller.ts`,
    module: `${src}/${plural}.module.ts`,
    feature: `${src}/${plural}.feature.ts`,
    migration: `${src}/${timestamp}-add-${plural}.ts`,
    manifest: `src/${plural}/generated.json`,
    helper: `test/e2e/new-${singular}.ts`,
    routes: `test/e2e/${plural}.e2e-spec.ts`,
    plans: `test/integration/${plural}-plans.int-spec.ts`,
  };
}

/** `AddInvoices1767700000000`. */
export const migrationOf = ({ plural, timestamp }: Noun): string => `Add${pascal(plural)}${timestamp}`;

/** The error of a second row with the same value. */
export const takenError = (noun: Noun, field: Field): string =>
  `${noun.entity}${capitalised(field.name)}Taken`;
/** The error of a reference to nothing. */
export const unknownError = (noun: Noun, field: Field): string =>
  `Unknown${noun.entity}${capitalised(field.label)}`;
export const notFoundError = (noun: Noun): string => `${noun.entity}NotFound`;
export const valuesOf = (noun: Noun, field: Field): string =>
  `${noun.table}_${field.columnName}_values`.toUpperCase();
export const sortFieldsOf = (noun: Noun): string => `${noun.table}_sort_fields`.toUpperCase();

/** What each file of a noun exports that others of its files import. */
export function exportsOf(noun: Noun): Readonly<Record<string, readonly string[]>> {
  const { entity, entities, one, many } = noun;
  const paths = pathsOf(noun);
  return {
    [paths.entity]: [
      entity,
      ...noun.fields.flatMap((field) => (field.values ? [field.type, valuesOf(noun, field)] : [])),
    ],
    [paths.errors]: [
      notFoundError(noun),
      ...noun.fields.filter(({ isUnique }) => isUnique).map((field) => takenError(noun, field)),
      ...noun.targets.map(({ field }) => unknownError(noun, field)),
    ],
    [paths.events]: [`${one}Created`, `${one}Updated`, `${one}Deleted`],
    [paths.privileges]: [`${many}Privileges`],
    [paths.response]: [`${entity}Response`, `${entity}Page`],
    [paths.create]: [`Create${entity}Dto`],
    [paths.update]: [`Update${entity}Dto`],
    [paths.list]: [`List${entities}Query`, sortFieldsOf(noun)],
    [paths.repository]: [
      `${entities}Repository`,
      `${entity}Fields`,
      `${entity}Filters`,
      `${entity}SortField`,
    ],
    [paths.service]: [`${entities}Service`],
    [paths.controller]: [`${entities}Controller`],
    [paths.module]: [`${entities}Module`],
    [paths.migration]: [migrationOf(noun)],
    [paths.helper]: [`new${entity}`, `${entity}Json`],
  };
}

/** A file of the noun with its imports; `types` are used in it as types only. */
export function source(noun: Noun, path: string, body: string, types: readonly string[] = []): Files {
  const own = Object.fromEntries([
    ...Object.entries(exportsOf(noun)).flatMap(([file, names]) => names.map((name) => [name, file] as const)),
    ...noun.targets.map((target) => [target.entity, target.file] as const),
    ...noun.targets.flatMap(({ madeIn }) => (madeIn ? [[madeIn.name, madeIn.file] as const] : [])),
  ]);
  return { [path]: withImports(path, body, own, types) };
}

/** Lines of a template, empty ones left out. */
export const lines = (...all: readonly (string | false | readonly string[])[]): string =>
  all
    .flat()
    .filter((line) => line !== false && line !== '')
    .join('\n');

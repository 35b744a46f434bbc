import { runInNewContext } from 'node:vm';
import type { Field } from './field.ts';
import { importedNames } from './imports.ts';
import { indexesOf, type Noun } from './noun.ts';
import { Refusal } from './refusal.ts';
import { errorsOf } from './templates/logic.ts';
import { exportsOf, pathsOf } from './templates/names.ts';
import type { Tree } from './tree.ts';
import { capitalised } from './words.ts';

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>>;
  readonly tags?: readonly { readonly name: string }[];
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

/** @throws Refusal where something the noun would have is there already */
export function refuseClashes(noun: Noun, tree: Tree): void {
  const { plural, table, entity, entities } = noun;
  refuseAgain(noun, tree);
  const sources = tree
    .list('src')
    .filter((path) => path.endsWith('.ts'))
    .map((path) => tree.read(path) ?? '');
  const found = (pattern: RegExp) =>
    new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map(([, name = '']) => name)));
  const api = JSON.parse(
    tree.read('openapi.json') ?? '{"paths":{},"components":{"schemas":{}}}',
  ) as ApiDocument;
  const operations = new Set(
    Object.values(api.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId)),
  );
  const enums = noun.fields.filter(({ values }) => values);
  const tables = new Set([...found(/@Entity\('(\w+)'/g), 'migration']);
  const indexes = found(/@Index\('(\w+)'/g);
  const types = new Set([...tables, ...found(/enumName: '(\w+)'/g)]);
  const codes = new Set(
    [...(tree.read('docs/errors.md') ?? '').matchAll(/^\| *`(\w+)`/gm)].map(([, code]) => code),
  );
  const schemas = [
    entity,
    `${entity}Page`,
    `Create${entity}`,
    `Update${entity}`,
    `${entity}Sort`,
    ...enums.map(({ type }) => type),
  ];
  const clashes: [what: string, name: string | undefined][] = [
    ['the route', Object.keys(api.paths).find((path) => path.split('/')[3] === plural)],
    ['the table', [table].find((name) => types.has(name))],
    ['the type of Postgres', enums.map(({ column }) => column).find((name) => types.has(name))],
    [
      'the index',
      indexesOf(noun)
        .map(({ name }) => name)
        .find((name) => indexes.has(name)),
    ],
    ['the entity', [entity].find((name) => found(/@Entity\([\s\S]*?export class (\w+)/g).has(name))],
    ['the privileges', [noun.privileges].find((name) => found(/declarePrivileges\('([\w-]+)'/g).has(name))],
    ['the events', tree.list('docs/events').find((path) => path.startsWith(`docs/events/${table}.`))],
    [
      'the error',
      errorsOf(noun)
        .map(({ code }) => code)
        .find((code) => codes.has(code)),
    ],
    ['the schema of the API', schemas.find((name) => Object.hasOwn(api.components.schemas, name))],
    [
      'the operation of the API',
      [`list${entities}`, `create${entity}`, `get${entity}`, `update${entity}`, `delete${entity}`].find(
        (id) => operations.has(id),
      ),
    ],
    [
      'the group of routes',
      api.tags?.map(({ name }) => name).find((name) => name === capitalised(noun.manyWords)),
    ],
  ];
  const clash = clashes.find(([, name]) => name !== undefined);
  if (clash)
    throw new Refusal(
      `${plural} would have ${clash[0]} ${clash[1]}, which is there already: choose another noun, or another word for one of them by --singular.`,
    );
}

function refuseAgain(noun: Noun, tree: Tree): void {
  const { plural } = noun;
  const manifest = tree.read(pathsOf(noun).manifest);
  if (manifest !== null) {
    const { command } = JSON.parse(manifest) as { command: string };
    throw new Refusal(
      `${plural} has been made already, by "${command}". To make it anew: npm run generate:remove ${plural}, then make it again.`,
    );
  }
  if (tree.list('src').some((path) => path.startsWith(`src/${plural}/`)))
    throw new Refusal(`src/${plural} is there already: choose another noun.`);
}

/** What the API calls no schema, and the architecture tests find in no code. */
const AMBIGUOUS = /(?:Dto|Response)$/;
const FORBIDDEN = ['Global', 'forwardRef'];

/** Variables of the code beside the one that is called after the noun, and properties beside the one called after many. */
const VARIABLES = new Set(['about', 'actor', 'assertSeen', 'before', 'fields', 'id', 'tx']);
const PROPERTIES = new Set(['changes', 'paging', 'transactions']);

/** @throws Refusal where the code would have two things of one name */
export function refuseNames(noun: Noun): void {
  const { one, many, entity, entities, plural, targets } = noun;
  const builtIn = runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[];
  const taken = new Set([
    ...FORBIDDEN,
    ...importedNames,
    ...builtIn,
    ...targets.map((target) => target.entity),
  ]);
  const clash =
    [entity, entities, one, many].find((name) => taken.has(name)) ??
    [entity].find((name) => AMBIGUOUS.test(name)) ??
    [one].find((name) => VARIABLES.has(name)) ??
    [many].find((name) => PROPERTIES.has(name));
  if (clash !== undefined)
    throw new Refusal(
      `${clash} is a name that the code itself uses: choose another noun, such as team-${plural}, or another word for one of them by --singular.`,
    );
  refuseTypes(noun);
}

/** The type of an enumeration is called after its field. */
function refuseTypes(noun: Noun): void {
  const names = Object.values(exportsOf(noun)).flat();
  const isTwice = ({ type }: Field) => names.filter((name) => name === type).length > 1;
  const field = noun.fields.find((one) => one.values && (isTwice(one) || AMBIGUOUS.test(one.type)));
  if (field)
    throw new Refusal(
      `${field.type}, the type of ${field.label}, is a name that the code itself uses: give the field another name.`,
    );
}

import { type Field, type FieldRequest, readFields } from './field.ts';
import { Refusal } from './refusal.ts';
import { sqlName, TYPESCRIPT_WORDS } from './reserved.ts';
import type { Tree } from './tree.ts';
import { camel, isPlural, pascal, pluralOf, singularOf, snake, spaced } from './words.ts';

/** What is asked for: `npm run generate:resource` with its options. */
export interface NounRequest extends FieldRequest {
  /** `purchase-orders`. */
  readonly plural: string;
  /** Where the rules of English do not give it. */
  readonly singular: string | undefined;
  /** Fields lists can be ordered by, beside `id`, `createdAt` and those that are unique texts. */
  readonly sort: readonly string[];
}

/** Another noun that a field refers to. */
export interface Target {
  readonly field: Field;
  /** `User`; its entity is in `file`, its feature is called `feature`. */
  readonly entity: string;
  readonly file: string;
  readonly feature: string;
  /** Its table, as SQL takes it. */
  readonly table: string;
  /** What makes one in a test, and where that comes from. */
  readonly made: string;
  readonly madeIn: { readonly name: string; readonly file: string } | undefined;
}

/** A noun in all its spellings, with its fields. */
export interface Noun {
  /** Folder, path and feature: `purchase-orders`. */
  readonly plural: string;
  readonly singular: string;
  /** `PurchaseOrder`, `PurchaseOrders`. */
  readonly entity: string;
  readonly entities: string;
  /** `purchaseOrder`, `purchaseOrders`. */
  readonly one: string;
  readonly many: string;
  /** `purchase_order`: the table, and what events and errors begin with. */
  readonly table: string;
  /** `purchase order`, `purchase orders`: in sentences. */
  readonly words: string;
  readonly manyWords: string;
  /** What its privileges begin with: letters only. */
  readonly privileges: string;
  readonly fields: readonly Field[];
  readonly targets: readonly Target[];
  /** Fields by which a list can be filtered. */
  readonly filters: readonly Field[];
  /** Fields by which a list can be ordered, `id` and `createdAt` first. */
  readonly sorts: readonly { readonly name: string; readonly columnName: string }[];
  /** Of the migration: milliseconds. */
  readonly timestamp: number;
}

const WORDS = /^[a-z]+(?:-[a-z]+)*$/;
/** What fits the names of Postgres with all that is put around it. */
const LONGEST_NAME = 40;
/** Postgres cuts longer names. */
const LONGEST_SQL_NAME = 63;

/** @throws Refusal */
export function readNoun(request: NounRequest, tree: Tree, timestamp: number): Noun {
  const { plural } = request;
  refusePlural(plural);
  const singular = request.singular ?? singularOf(plural);
  refuseSingular(singular, plural, request.singular !== undefined);
  const place = { owner: pascal(singular), table: snake(singular) };
  const fields = readFields(request, place);
  const noun = {
    plural,
    singular,
    entity: place.owner,
    entities: pascal(plural),
    one: camel(singular),
    many: camel(plural),
    table: place.table,
    words: spaced(singular),
    manyWords: spaced(plural),
    privileges: plural.replaceAll('-', ''),
    fields,
    targets: fields.flatMap((field) =>
      field.target === undefined ? [] : [targetOf(field, field.target, tree)],
    ),
    filters: fields.filter(({ filter }) => filter !== undefined),
    sorts: sortsOf(fields, request.sort),
    timestamp,
  };
  const long = indexNames(noun).find((name) => name.length > LONGEST_SQL_NAME);
  if (long !== undefined)
    throw new Refusal(
      `The index ${long} would have more than ${LONGEST_SQL_NAME} characters: give the noun or the field a shorter name.`,
    );
  const indexes = indexesOf(noun).map(({ name }) => name);
  const twice = indexes.find((name, at) => indexes.indexOf(name) < at);
  if (twice !== undefined)
    throw new Refusal(`Two indexes would be called ${twice}: give one of the fields another name.`);
  return noun;
}

function refusePlural(plural: string): void {
  if (plural === '') throw new Refusal('Say what to make, as a plural: npm run generate:resource invoices.');
  if (!WORDS.test(plural) || plural.length > LONGEST_NAME) {
    const hint = spaced(plural.slice(0, LONGEST_NAME))
      .replace(/[^a-z]+/g, '-')
      .replace(/^-|-$/g, '');
    throw new Refusal(
      `${JSON.stringify(plural.slice(0, 60))} is no name of a resource: lower-case words joined by hyphens, at most ${LONGEST_NAME} letters${WORDS.test(hint) ? `, as in ${hint}` : ', as in purchase-orders'}.`,
    );
  }
}

function refuseSingular(singular: string, plural: string, isGiven: boolean): void {
  if (!isGiven && !isPlural(plural))
    throw new Refusal(
      `${plural} is no plural: resources are called ${pluralOf(plural)}. If it is one, say what one of them is: --singular WORD.`,
    );
  if (singular === plural)
    throw new Refusal(
      `One of ${plural} is called ${plural} as well: say what one of them is, by another word: --singular ${plural}-item.`,
    );
  if (!WORDS.test(singular) || singular.length < 2 || singular.length > LONGEST_NAME)
    throw new Refusal(
      `--singular ${JSON.stringify(singular.slice(0, 60))}: lower-case words joined by hyphens, 2 to ${LONGEST_NAME} letters.`,
    );
  const word = [camel(singular), camel(plural)].find((name) => TYPESCRIPT_WORDS.has(name) || name in {});
  if (word !== undefined)
    throw new Refusal(
      `${word} is a word of TypeScript: choose another noun${word === plural ? '' : ', or another word for one of them by --singular'}.`,
    );
}

function targetOf(field: Field, singular: string, tree: Tree): Target {
  const entity = pascal(singular);
  if (singular === 'user')
    return {
      field,
      entity,
      file: 'src/users/user.entity.ts',
      feature: 'users',
      table: '"user"',
      made: '(await service.factory.user({ signIn: false })).id',
      madeIn: undefined,
    };
  if (singular === 'role')
    return {
      field,
      entity,
      file: 'src/roles/role.entity.ts',
      feature: 'roles',
      table: 'role',
      made: 'await service.factory.role()',
      madeIn: undefined,
    };
  const file = tree.list('src').find((path) => path.split('/')[2] === `${singular}.entity.ts`);
  const feature = file?.split('/')[1] ?? '';
  if (file === undefined || tree.read(`src/${feature}/generated.json`) === null)
    throw new Refusal(
      `${field.label}: ref takes user, role, or a noun that npm run generate:resource has made, by its singular; ${singular} is none.`,
    );
  const make = `new${entity}`;
  return {
    field,
    entity,
    file,
    feature,
    table: sqlName(snake(singular)),
    made: `(await ${make}(service, token)).id`,
    madeIn: { name: make, file: `test/e2e/new-${singular}.ts` },
  };
}

function sortsOf(fields: readonly Field[], asked: readonly string[]): Noun['sorts'] {
  for (const name of asked) {
    const field = fields.find(({ label }) => label === name);
    if (!field) throw new Refusal(`--sort ${name}: there is no field ${name}.`);
    if (!field.isOrdered || field.isOptional)
      throw new Refusal(
        `--sort ${name}: a list is ordered by a field that is required, and a string, integer, decimal, date or timestamp.`,
      );
  }
  return [
    { name: 'id', columnName: 'id' },
    { name: 'createdAt', columnName: 'created_at' },
    ...fields.filter(({ label, isUnique, isOrdered }) => (isUnique && isOrdered) || asked.includes(label)),
  ];
}

/** An index of the table: one for each order of a list, and of a list with one filter. */
export interface TableIndex {
  readonly name: string;
  readonly properties: readonly string[];
  readonly columns: readonly string[];
  readonly isUnique: boolean;
}

type Part = Pick<Field, 'name' | 'columnName'> & Partial<Pick<Field, 'target' | 'label'>>;

export function indexesOf({ table, fields, filters, sorts }: Omit<Noun, 'targets'>): TableIndex[] {
  const index = (prefix: string, of: readonly Part[], isUnique = false) => {
    const properties = of.map(({ name }) => name);
    const columns = of.map(({ columnName }) => columnName);
    // A reference is called after what it refers to: `ix_invoice_owner`, not `ix_invoice_owner_id`.
    const parts = of.map(({ columnName, target, label }) =>
      target === undefined ? columnName : snake(label ?? ''),
    );
    const name = [prefix, table, ...parts.filter((part) => part !== 'id')].join('_');
    return { name, properties, columns, isUnique };
  };
  const [id, ...others] = sorts;
  if (!id) return [];
  const unique = fields.filter(({ isUnique }) => isUnique);
  const isCovered = ({ name }: { name: string }) => unique.some((field) => field.name === name);
  return [
    ...unique.map((field) => index('ux', [field], true)),
    ...others.filter((sort) => !isCovered(sort)).map((sort) => index('ix', [sort, id])),
    ...filters.flatMap((filter) => [
      index('ix', [filter, id]),
      ...others.map((sort) => index('ix', [filter, sort, id])),
    ]),
  ];
}

function indexNames(noun: Omit<Noun, 'targets'>): string[] {
  const constraints = ['updated_by', ...noun.fields.map(({ columnName }) => columnName)];
  return [
    ...indexesOf(noun).map(({ name }) => name),
    ...constraints.map((name) => `fk_${noun.table}_${name}`),
  ];
}

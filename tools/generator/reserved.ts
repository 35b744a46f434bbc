/** Words of TypeScript that name no variable and no class. */
export const TYPESCRIPT_WORDS: ReadonlySet<string> = new Set(
  [
    'abstract any arguments as async await boolean break case catch class const continue debugger declare default delete',
    'do else enum eval export extends false finally for from function get if implements import in infer instanceof interface',
    'is keyof let module namespace never new null number object of package private protected public readonly require return',
    'satisfies set static string super switch symbol this throw true try type typeof undefined unique unknown using var void',
    'while with yield',
  ].flatMap((line) => line.split(' ')),
);

/** Members every object has, or that give an object a meaning of its own: no field is called so. */
export const OBJECT_MEMBERS: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  'prototype',
  'then',
  'toJSON',
]);

/** Words of SQL that Postgres takes for a name of a table or column in quotes only; a test asks Postgres. */
export const SQL_WORDS: ReadonlySet<string> = new Set(
  [
    'all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column',
    'concurrently constraint create cross current_catalog current_date current_role current_schema current_time',
    'current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from',
    'full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime',
    'localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right',
    'select session_user similar some symmetric system_user table tablesample then to trailing true union unique user using',
    'variadic verbose when where window with',
  ].flatMap((line) => line.split(' ')),
);

/** Columns Postgres gives every table. */
export const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'tableoid',
  'xmin',
  'cmin',
  'xmax',
  'cmax',
  'ctid',
]);

/** Columns every table of ours has. */
export const COMMON_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'createdAt',
  'updatedAt',
  'createdBy',
  'updatedBy',
  'deletedAt',
]);

/** Parameters every list takes. */
export const LIST_PARAMETERS: ReadonlySet<string> = new Set(['limit', 'cursor', 'total', 'sort']);

/** A name as SQL takes it. */
export const sqlName = (name: string): string => (SQL_WORDS.has(name) ? `"${name}"` : name);

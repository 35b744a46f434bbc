import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { refuseClashes, refuseNames } from './clashes.ts';
import { type Noun, type NounRequest, readNoun } from './noun.ts';
import { Refusal } from './refusal.ts';
import { ERRORS, errorsIn, PROCESS, withErrors, withFeature } from './shared-files.ts';
import { apiOf } from './templates/api.ts';
import { eventSchemasOf } from './templates/documents.ts';
import { logicOf } from './templates/logic.ts';
import { type Files, migrationOf, pathsOf } from './templates/names.ts';
import { routeTestsOf } from './templates/route-tests.ts';
import { tableOf } from './templates/table.ts';
import { helperOf, plansOf } from './templates/tests.ts';
import { type Change, type Tree, treeAt } from './tree.ts';

/** What was made of a noun: `generate:remove` reads it. */
export interface Manifest {
  /** As it can be run again. */
  readonly command: string;
  readonly plural: string;
  readonly singular: string;
  readonly many: string;
  /** What the database has of it. */
  readonly table: string;
  readonly types: readonly string[];
  readonly migration: string;
  readonly privileges: string;
  /** SHA-256 of each file, and of the section in docs/errors.md, as they were made. */
  readonly files: Readonly<Record<string, string>>;
  readonly errors: string;
}

/** Everything of a noun that has files of its own, before it is formatted. */
export const render = (noun: Noun): Files => ({
  ...tableOf(noun),
  ...apiOf(noun),
  ...logicOf(noun),
  ...eventSchemasOf(noun),
  ...helperOf(noun),
  ...routeTestsOf(noun),
  ...plansOf(noun),
});

/**
 * What has to be written for a noun, openapi.json excepted, which is made of the code. `now` in milliseconds.
 * @throws Refusal where it cannot be made; nothing is written here
 */
export async function planNoun(
  root: string,
  request: NounRequest,
  command: string,
  now: number,
): Promise<{ noun: Noun; changes: Change[] }> {
  const tree = treeAt(root);
  const noun = readNoun(request, tree, timestampAfter(tree, now));
  refuseClashes(noun, tree);
  refuseNames(noun);
  const files = await formatAll(root, render(noun));
  const there = Object.keys(files).find((path) => tree.read(path) !== null);
  if (there !== undefined)
    throw new Refusal(`${there} is there already: move it away, or choose another noun.`);
  const shared = await formatAll(root, {
    [PROCESS]: withFeature(textOf(tree, PROCESS), noun),
    [ERRORS]: withErrors(textOf(tree, ERRORS), noun),
  });
  const manifest: Manifest = {
    command,
    plural: noun.plural,
    singular: noun.singular,
    many: noun.many,
    table: noun.table,
    types: noun.fields.filter(({ values }) => values).map(({ column }) => column),
    migration: migrationOf(noun),
    privileges: noun.privileges,
    files: Object.fromEntries(Object.entries(files).map(([path, text]) => [path, hashOf(text)])),
    errors: hashOf(errorsIn(shared[ERRORS] ?? '', noun)),
  };
  const own = await formatAll(root, { [pathsOf(noun).manifest]: JSON.stringify(manifest) });
  // The manifest first: of what is killed halfway, the removal knows what to take away.
  const changes = Object.entries({ ...own, ...files, ...shared }).map(([path, after]) => ({
    path,
    before: tree.read(path),
    after,
  }));
  return { noun, changes };
}

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export function textOf(tree: Tree, path: string): string {
  const text = tree.read(path);
  if (text === null) throw new Refusal(`${path} is missing: run this in the folder of the project.`);
  return text;
}

/** In the style of the project. */
export async function formatAll(root: string, files: Files): Promise<Record<string, string>> {
  const style = await resolveConfig(join(root, 'package.json'));
  const formatted = Object.entries(files).map(
    async ([path, text]) => [path, await format(text, { ...style, filepath: path })] as const,
  );
  return Object.fromEntries(await Promise.all(formatted));
}

/** Migrations run in the order of their times: after all there are. */
function timestampAfter(tree: Tree, now: number): number {
  const times = ['src', 'migrations']
    .flatMap((folder) => tree.list(folder))
    .map((path) => Number(/(?:^|\/)(\d{13})-[\w-]+\.ts$/.exec(path)?.[1] ?? 0));
  return Math.max(now, ...times.map((time) => time + 1_000));
}

import { formatAll, hashOf, type Manifest, textOf } from './generate.ts';
import { Refusal } from './refusal.ts';
import { ERRORS, errorsIn, PROCESS, withoutErrors, withoutFeature } from './shared-files.ts';
import { type Change, treeAt } from './tree.ts';

/**
 * What has to be taken away of a noun that `generate:resource` made, openapi.json excepted.
 * @throws Refusal where it did not make it, where others use it, and, without `isForced`, where it was edited since
 */
export async function planRemoval(
  root: string,
  plural: string,
  isForced: boolean,
): Promise<{ manifest: Manifest; changes: Change[] }> {
  const tree = treeAt(root);
  const path = `src/${plural}/generated.json`;
  const text = /^[a-z-]+$/.test(plural) ? tree.read(path) : null;
  if (text === null) {
    const made = tree
      .list('src')
      .flatMap((file) => /^src\/([a-z-]+)\/generated\.json$/.exec(file)?.[1] ?? []);
    throw new Refusal(
      `${JSON.stringify(plural.slice(0, 60))} was not made by npm run generate:resource: there is no ${path.slice(0, 80)}. ${made.length > 0 ? `What was: ${made.join(', ')}.` : 'Nothing was.'}`,
    );
  }
  const manifest = JSON.parse(text) as Manifest;
  const made = new Set([...Object.keys(manifest.files), path]);
  const inFolder = tree.list('src').filter((file) => file.startsWith(`src/${plural}/`));
  const own = new Set([...made, ...inFolder]);

  const users = [...tree.list('src'), ...tree.list('test'), ...tree.list('seeds')].filter(
    (file) => !own.has(file) && file !== PROCESS && imports(tree.read(file) ?? '', manifest),
  );
  if (users.length > 0)
    throw new Refusal(
      `Others use ${plural}, and would be broken: ${users.join(', ')}. Take it out of them first.`,
    );

  const errors = errorsIn(textOf(tree, ERRORS), manifest);
  const edited = [
    ...Object.entries(manifest.files)
      .filter(([file, hash]) => hashOf(tree.read(file) ?? '') !== hash)
      .map(([file]) => file),
    ...inFolder.filter((file) => !made.has(file)),
    ...(hashOf(errors) === manifest.errors ? [] : [`the section of ${ERRORS}`]),
  ];
  if (edited.length > 0 && !isForced)
    throw new Refusal(
      `Edited, added or removed since npm run generate:resource made ${plural}:\n${edited.map((file) => `  ${file}`).join('\n')}\nThat work would be lost. If it may be, say --force.`,
    );

  const shared = await formatAll(root, {
    [PROCESS]: withoutFeature(textOf(tree, PROCESS), manifest),
    [ERRORS]: withoutErrors(textOf(tree, ERRORS), manifest),
  });
  const away = (file: string) => ({ path: file, before: tree.read(file), after: null });
  // The manifest last: what is killed halfway can be gone on with.
  const changes = [
    ...Object.entries(shared).map(([file, after]) => ({ path: file, before: tree.read(file), after })),
    ...[...own].filter((file) => file !== path).map(away),
    away(path),
  ];
  return { manifest, changes };
}

/** What stays in every database where the migration has run, and how it goes. */
export function leftInDatabases({ table, types, migration, privileges }: Manifest): string {
  const quoted = `"${table}"`;
  return `Where the migration ${migration} has run, the table ${table} stays, with its rows. To drop both there:
  DROP TABLE ${quoted};${types.map((type) => ` DROP TYPE ${type};`).join('')}
  DELETE FROM migration WHERE name = '${migration}';
  UPDATE privilege SET deleted_at = now() WHERE name LIKE '${privileges}.%' AND deleted_at IS NULL;`;
}

function imports(text: string, { plural, singular }: Manifest): boolean {
  return new RegExp(`from '[^']*/(?:${plural}/[\\w.-]+|new-${singular})\\.js'`).test(text);
}

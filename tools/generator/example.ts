import { formatAll, render } from './generate.ts';
import { readNoun } from './noun.ts';
import { treeAt } from './tree.ts';

const REQUEST = {
  plural: 'projects',
  singular: undefined,
  fields: ['name:string:64'],
  unique: ['name'],
  owner: undefined,
  sort: [],
};
/** A time of its own, before those of nouns that are made. */
const TIMESTAMP = 1_767_700_000_000;

/** examples/projects: what the generator makes of a noun with a name, with the imports of where it lies. */
export async function exampleAt(root: string): Promise<Record<string, string>> {
  const noun = readNoun(REQUEST, treeAt(root), TIMESTAMP);
  const files = Object.entries(render(noun))
    .filter(([path]) => path.startsWith('src/'))
    .map(([path, text]) => [
      path.replace('src/', 'examples/'),
      text.replaceAll(`from '../`, `from '../../src/`),
    ]);
  return formatAll(root, Object.fromEntries(files) as Record<string, string>);
}

// `npm run generate:example`: writes examples/projects anew, which a test holds equal to what the generator makes.
import { join } from 'node:path';
import { exampleAt } from './example.ts';
import { apply, treeAt } from './tree.ts';

const root = join(import.meta.dirname, '../..');
const tree = treeAt(root);
const files = await exampleAt(root);
const old = tree.list('examples/projects').filter((path) => !(path in files));
apply(root, [
  ...old.map((path) => ({ path, before: tree.read(path), after: null })),
  ...Object.entries(files).map(([path, after]) => ({ path, before: tree.read(path), after })),
]);

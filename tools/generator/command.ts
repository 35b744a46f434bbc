import { spawnSync } from 'node:child_process';
import { Refusal } from './refusal.ts';
import { apply, type Change, treeAt, undo } from './tree.ts';

/** Runs a command of the generator; a refusal is a sentence, not a stack trace. */
export async function run(work: () => Promise<string>): Promise<void> {
  try {
    process.stdout.write(`${await work()}\n`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

/** @throws Refusal where git has something to lose, or does not keep this folder */
export function refuseDirtyTree(root: string): void {
  const status = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
  if (status.status !== 0)
    throw new Refusal(
      'This is no git repository: there would be no way back. Say git init and commit, or --force.',
    );
  const files = status.stdout.split('\n').filter(Boolean);
  if (files.length === 0) return;
  const more = files.length > 5 ? `\n  … and ${files.length - 5} more` : '';
  throw new Refusal(
    `There are changes that are not committed; what is generated would be mixed up with them:\n${files
      .slice(0, 5)
      .map((file) => `  ${file}`)
      .join('\n')}${more}\nCommit or stash them first, or say --force.`,
  );
}

/** What `npm run openapi` writes beside the schemas of events. */
const DESCRIBED = [
  'openapi.json',
  'asyncapi.json',
  ...['collection', 'environment'].map((kind) => `postman/gatehouse.postman_${kind}.json`),
];

/** Makes the changes and describes the API anew; where the code does not build then, everything is as it was before. */
export function applyAndDescribe(root: string, changes: readonly Change[]): void {
  const tree = treeAt(root);
  const before = DESCRIBED.map((path) => ({ path, before: tree.read(path), after: null }));
  // Ctrl-C ends what describes it, and what was changed is taken back here.
  process.once('SIGINT', () => undefined);
  apply(root, changes);
  const described = spawnSync(process.execPath, ['scripts/openapi.mjs'], { cwd: root, encoding: 'utf8' });
  if (described.status === 0) return;
  undo(root, [...changes, ...before]);
  if (described.signal) throw new Refusal('Interrupted: nothing has been changed.');
  throw new Refusal(
    `The API could not be described by the code, and nothing has been changed:\n${described.stdout}${described.stderr}`,
  );
}

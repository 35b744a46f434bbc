import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { reportOf, isSettledByItself } from './conflicts.mjs';
import { addedTo, git, isMerging, tryGit, unmerged } from './git.mjs';
import { mergeJson } from './merge-json.mjs';
import { Problem } from './problem.mjs';
import { say, step } from './run.mjs';
import { forgetState, writeState } from './state.mjs';

const HOW_ON = '`npm run upgrade -- --continue` goes on; `npm run upgrade -- --abort` puts everything back.';

/** Of what npm ci installs, or null without a package-lock.json. The project's own name and version are no part of it. */
export function lockHash() {
  if (!existsSync('package-lock.json')) return null;
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return createHash('sha256')
    .update(JSON.stringify({ ...packages, '': undefined }))
    .digest('hex');
}

/**
 * Notes in a scratch database what the clone's own migrations make, then merges without a commit. Answers the state that
 * {@link finish} goes on from. @throws Problem with the conflicts that people have to resolve
 */
export async function begin({ from, base, check }, { commit, baseCommit }) {
  const head = git('rev-parse', 'HEAD');
  const preparing = { from, commit, head, check, phase: 'preparing', conflicts: [], installed: lockHash() };
  writeState(preparing);
  await prepareScratchDatabase();
  const joined =
    baseCommit &&
    git('commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-p', baseCommit, '-m', `Begin from ${base}`);
  const state = { ...preparing, joined, phase: 'merging' };
  writeState(state);
  // The files stay as they are: from here the release the project began from is part of its history.
  if (joined) git('reset', '--soft', joined);
  say(`Merging ${from} …`);
  const merge = tryGit('merge', '--no-commit', '--no-ff', commit);
  if (!isMerging())
    throw new Problem(
      `${merge.output}\nThe merge could not begin. \`npm run upgrade -- --abort\` puts everything back.`,
    );
  return settleMerge(state);
}

/** What follows once Git is done, also where the process was killed just then. @throws Problem with what people resolve */
export function settleMerge(state) {
  const details = settle(state.commit);
  const conflicts = unmerged();
  const settled = {
    ...state,
    phase: 'merged',
    conflicts: conflicts.map(({ path }) => path),
    brought: addedTo(state.head),
  };
  writeState(settled);
  if (conflicts.length > 0)
    throw new Problem(`${reportOf(conflicts, details)}\nResolve them; then ${HOW_ON}`);
  return settled;
}

async function prepareScratchDatabase() {
  const { ScratchDatabase } = await import('./scratch-database.mjs');
  try {
    const scratch = await ScratchDatabase.open();
    try {
      await scratch.prepareBefore();
    } finally {
      await scratch.close();
    }
  } catch (error) {
    await ScratchDatabase.discard().catch(() => undefined);
    forgetState();
    if (!(error instanceof Problem)) throw error;
    throw new Problem(`${error.message}\nPut that right first. Nothing was merged.`, { cause: error });
  }
}

/** Resolves what people have nothing to say about. Answers more about conflicts that stay, by path. */
function settle(commit) {
  const details = {};
  for (const { path, versions } of unmerged()) {
    if (isSettledByItself(path, versions)) {
      git('checkout', commit, '--', path);
    } else if (path === 'package.json' && versions === '123') {
      const { merged, conflicts } = mergeJson(
        ...[1, 2, 3].map((stage) => JSON.parse(git('show', `:${stage}:${path}`))),
      );
      if (conflicts.length > 0) details[path] = conflicts.join(', ');
      else {
        writeFileSync(path, `${JSON.stringify(merged, null, 2)}\n`);
        git('add', path);
      }
    }
  }
  return details;
}

/** Brings package-lock.json in line with package.json where the release changed one and the clone the other. */
export async function refreshLock({ head, commit }) {
  if (!existsSync('package-lock.json')) return;
  const isChanged = (...args) => !tryGit('diff', '--quiet', ...args).ok;
  if (!isChanged(head, '--', 'package.json', 'package-lock.json') || !isChanged(commit, '--', 'package.json'))
    return;
  await step('Bringing package-lock.json up to date', 'npm', [
    'install',
    '--package-lock-only',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ]);
}

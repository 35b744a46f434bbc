import { existsSync, realpathSync } from 'node:fs';
import { commitOf, git, gitFile, gitPaths, isContained, tryGit } from './git.mjs';
import { Problem } from './problem.mjs';
import { readState } from './state.mjs';

/** What Git does in several steps, by the file it keeps meanwhile. */
const UNDER_WAY = {
  MERGE_HEAD: ['A merge', 'git merge --continue, or --abort'],
  'rebase-merge': ['A rebase', 'git rebase --continue, or --abort'],
  'rebase-apply': ['A rebase', 'git rebase --continue, or --abort'],
  CHERRY_PICK_HEAD: ['A cherry-pick', 'git cherry-pick --continue, or --abort'],
  REVERT_HEAD: ['A revert', 'git revert --continue, or --abort'],
};

/**
 * Looks whether the release can be taken, and changes nothing but the tags it fetches. Answers the commit of the release,
 * and of `base` where histories are to be joined; null when it is contained already.
 *
 * @throws Problem
 */
export function assertReady({ from, base }) {
  assertRepository();
  assertIdle();
  assertClean();
  const commit = releaseOf(from);
  if (isContained(commit, 'HEAD')) return null;
  const baseCommit = baseOf(commit, from, base);
  assertNothingInTheWay(commit, baseCommit);
  if (!existsSync('node_modules/pg')) throw new Problem('The packages are not installed. Run npm ci first.');
  return { commit, baseCommit };
}

function assertRepository() {
  const { ok, stdout } = tryGit('rev-parse', '--show-toplevel');
  if (!ok)
    throw new Problem(
      'This is no Git repository: an upgrade is a merge. `git init`, and commit what there is.',
    );
  if (realpathSync(stdout.trim()) !== realpathSync('.'))
    throw new Problem(
      `The project is a folder of the repository ${stdout.trim()}: it has to be one of its own.`,
    );
  if (commitOf('HEAD') === null) throw new Problem('Nothing is committed yet. Commit what there is first.');
}

function assertIdle() {
  const state = readState();
  if (state)
    throw new Problem(
      `An upgrade to ${state.from} is under way. Go on with \`npm run upgrade -- --continue\`, or take it back with --abort.`,
    );
  for (const [file, [what, ends]] of Object.entries(UNDER_WAY)) {
    if (existsSync(gitFile(file))) throw new Problem(`${what} is under way. End it first: ${ends}.`);
  }
  if (!tryGit('symbolic-ref', '--quiet', 'HEAD').ok)
    throw new Problem('No branch is checked out (detached HEAD). `git switch BRANCH` first.');
  const identity = tryGit('var', 'GIT_COMMITTER_IDENT');
  if (!identity.ok) throw new Problem(identity.output);
}

function assertClean() {
  const changed = git('status', '--porcelain', '--untracked-files=all');
  if (changed === '') return;
  const listed = changed.split('\n');
  const more = listed.length > 10 ? `\n… and ${listed.length - 10} more` : '';
  throw new Problem(
    `There are changes that are not committed. Commit them, or put them aside (git stash -u):\n${listed.slice(0, 10).join('\n')}${more}`,
  );
}

/** The commit of a release, fetched when it is not known. */
function releaseOf(name) {
  const known = commitOf(name);
  if (known !== null) return known;
  if (!git('remote').split('\n').includes('upstream'))
    throw new Problem(
      `There is no ${name} here, and no remote "upstream" to fetch it from: git remote add upstream URL`,
    );
  const { ok, output } = tryGit('fetch', '--quiet', 'upstream', `refs/tags/${name}:refs/tags/${name}`);
  if (!ok)
    throw new Problem(
      `${name} could not be fetched from "upstream" (git ls-remote --tags upstream lists what it has):\n${output}`,
    );
  return commitOf(name);
}

/** Null where both have a history in common. */
function baseOf(commit, from, base) {
  if (tryGit('merge-base', commit, 'HEAD').ok) {
    if (base === undefined) return null;
    throw new Problem(`This project and ${from} have a history in common: leave --base out.`);
  }
  if (git('rev-parse', '--is-shallow-repository') === 'true')
    throw new Problem(
      'This is a shallow clone, without the history a merge needs. `git fetch --unshallow` first.',
    );
  if (base === undefined)
    throw new Problem(
      `This project and ${from} have no history in common. Name the release it began from, this once: --base TAG`,
    );
  const baseCommit = releaseOf(base);
  if (!isContained(baseCommit, commit))
    throw new Problem(`${from} does not follow ${base}: --base is the release this project began from.`);
  return baseCommit;
}

/** Git spares what it does not know, but not what it is told to ignore. */
function assertNothingInTheWay(commit, baseCommit) {
  const before = baseCommit ?? git('merge-base', commit, 'HEAD');
  const added = gitPaths('diff', '--name-only', '--diff-filter=A', '--no-renames', '-z', before, commit);
  const tracked = new Set(gitPaths('ls-files', '-z'));
  const inTheWay = added.filter((path) => existsSync(path) && !tracked.has(path));
  if (inTheWay.length > 0)
    throw new Problem(
      `Files that Git ignores here come with the release. Move them away: ${inTheWay.join(', ')}`,
    );
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Problem } from './problem.mjs';

const MAX_BUFFER = 256 * 1024 * 1024;

/** Runs Git in the current folder; never throws for its failing. */
export function tryGit(...args) {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    encoding: 'utf8',
    maxBuffer: MAX_BUFFER,
  });
  if (error)
    throw new Problem(`Git could not be run (${error.message}). Install it, and see that it is in PATH.`);
  return { ok: status === 0, stdout, output: `${stdout}${stderr}`.trim() };
}

/** What Git writes, without the last line feed. @throws Problem with what it says, when it fails */
export function git(...args) {
  const { ok, stdout, output } = tryGit(...args);
  if (!ok) throw new Problem(`git ${args.join(' ')} failed:\n${output}`);
  return stdout.replace(/\n$/, '');
}

/** Paths, of a command that was told `-z`. */
export function gitPaths(...args) {
  return git(...args)
    .split('\0')
    .filter((path) => path !== '');
}

/** The hash of the commit that has this name, or null. */
export function commitOf(name) {
  const { ok, stdout } = tryGit('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
  return ok ? stdout.trim() : null;
}

export const isContained = (commit, inCommit) => tryGit('merge-base', '--is-ancestor', commit, inCommit).ok;

/** What a commit holds at a path, or an empty text. */
export function textAt(commit, path) {
  const { ok, stdout } = tryGit('show', `${commit}:${path}`);
  return ok ? stdout : '';
}

/** Where Git keeps a file of its own, also in a further worktree. */
export const gitFile = (name) => git('rev-parse', '--git-path', name);

export const isMerging = () => existsSync(gitFile('MERGE_HEAD'));

/** Paths with a conflict, each with the versions there are: `1` of both before, `2` here, `3` in the release. */
export function unmerged() {
  const stages = new Map();
  for (const entry of gitPaths('ls-files', '--unmerged', '-z')) {
    const [info, path] = entry.split('\t');
    stages.set(path, `${stages.get(path) ?? ''}${info.split(' ')[2]}`);
  }
  return [...stages].map(([path, versions]) => ({ path, versions }));
}

/** Paths that the next commit has and `commit` has not. */
export const addedTo = (commit) =>
  gitPaths('diff', '--cached', '--name-only', '--no-renames', '--diff-filter=A', '-z', commit);

export const untracked = () => gitPaths('ls-files', '--others', '--exclude-standard', '-z');

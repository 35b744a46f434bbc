import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { gitFile, tryGit } from './git.mjs';

const file = () => gitFile('upgrade-state.json');

/**
 * What an upgrade under way has to know when it goes on in another process, or null:
 * `from`, `commit` of the release; `head` before, `joined` where histories were joined; `phase` is `preparing` before the merge and `merging` until Git is
 * done; `conflicts`: paths that people resolve; `brought`: paths the merge added; `installed`: the package-lock.json of node_modules, as a hash; `check`.
 */
export function readState() {
  if (!tryGit('rev-parse', '--git-dir').ok || !existsSync(file())) return null;
  return JSON.parse(readFileSync(file(), 'utf8'));
}

/** Whole or not at all, whenever the process is killed. */
export function writeState(state) {
  writeFileSync(`${file()}.new`, JSON.stringify(state, null, 2));
  renameSync(`${file()}.new`, file());
}

export function forgetState() {
  rmSync(file(), { force: true });
}

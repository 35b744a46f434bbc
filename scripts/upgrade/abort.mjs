import { rmSync } from 'node:fs';
import { lockHash } from './begin.mjs';
import { addedTo, git, isMerging, tryGit, untracked } from './git.mjs';
import { Problem } from './problem.mjs';
import { say, step } from './run.mjs';
import { forgetState } from './state.mjs';

/**
 * Puts everything back as it was. Before the merge nothing was without a commit, so that only what the merge and its
 * resolution made goes; files that somebody added meanwhile stay. @throws Problem when somebody has committed since
 */
export async function abort(state) {
  // Before the merge nothing has been changed.
  if (state.phase !== 'preparing') await takeBack(state);
  const { ScratchDatabase } = await import('./scratch-database.mjs');
  await ScratchDatabase.discard();
  forgetState();
  say(`The upgrade to ${state.from} is taken back: everything is as it was.`);
}

async function takeBack({ commit, head, joined, phase, brought, installed }) {
  const now = git('rev-parse', 'HEAD');
  if (now !== head && now !== joined)
    throw new Problem(
      `Commits were made since the upgrade began. \`npm run upgrade -- --continue\` goes on with them; ` +
        `\`git reset --hard ${head}\`, then --abort, takes them back.`,
    );
  if (isMerging() || phase === 'merging') {
    keepFilesOfOthers(head, brought);
    git('reset', '--quiet', '--hard', head);
    git('clean', '--quiet', '--force', '--', 'docs/events/*.schema.json', 'postman/*.json');
    removeWhatIsOf(commit);
  } else if (now !== head) {
    git('reset', '--soft', head);
  }
  if (lockHash() !== installed) await step('Installing the packages of before', 'npm', ['ci']);
}

/** What somebody has told Git to add would go with the merge. @param brought paths that the merge itself added */
function keepFilesOfOthers(head, brought = addedTo(head)) {
  const isGenerated = (path) =>
    /^(?:openapi|asyncapi)\.json$|^postman\/[^/]+\.json$|^docs\/events\/[^/]+\.schema\.json$/.test(path);
  for (const path of addedTo(head)) {
    if (!brought.includes(path) && !isGenerated(path))
      git('--literal-pathspecs', 'rm', '--quiet', '--cached', '--', path);
  }
}

/** A merge that was killed leaves files that Git does not know yet; those of the release are in it and can go. */
function removeWhatIsOf(release) {
  for (const path of untracked()) {
    const { ok, stdout } = tryGit('rev-parse', '--verify', '--quiet', `${release}:${path}`);
    if (ok && stdout.trim() === git('hash-object', '--', path)) rmSync(path);
  }
}

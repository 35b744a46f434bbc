import { readFileSync } from 'node:fs';
import { lockHash, refreshLock } from './begin.mjs';
import { changesBetween } from './changes.mjs';
import { GENERATED, hasMarks, reportOf } from './conflicts.mjs';
import { commitOf, git, isContained, isMerging, textAt, tryGit, unmerged, untracked } from './git.mjs';
import { Problem } from './problem.mjs';
import { npmRun, say, step } from './run.mjs';
import { forgetState, writeState } from './state.mjs';

/** From the merged files to the commit. Can be repeated from its beginning, whatever it failed at. @throws Problem */
export async function finish(state) {
  writeState(state);
  try {
    assertResolved(state);
    await install(state);
    await npmRun('Checking types', 'typecheck');
    await npmRun(`Building, and writing ${GENERATED.join(', ')} anew`, 'openapi');
    git('add', '--all', '--', ...GENERATED);
    await rehearse();
    await check(state);
    commit(state);
    await discardScratchDatabase();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(
      `${error.message}\nThe upgrade is still open. Put that right, then \`npm run upgrade -- --continue\`; ` +
        'or `npm run upgrade -- --abort` puts everything back.',
      { cause: error },
    );
  }
  forgetState();
  report(state);
}

function assertResolved({ commit: release, conflicts }) {
  if (!isMerging() && !isContained(release, 'HEAD'))
    throw new Problem(
      'The merge was killed, or ended by other means. Only --abort is left; then begin anew.',
    );
  const isMarked = (path) => /^(?:<{7}|>{7}) /m.test(textOf(path));
  for (const { path, versions } of unmerged()) {
    if (hasMarks(versions) && !isMarked(path)) git('add', '--', path);
  }
  const open = unmerged();
  if (open.length > 0) throw new Problem(reportOf(open));
  const marked = conflicts.filter(isMarked);
  if (marked.length > 0) throw new Problem(`Marks of conflicts are left in: ${marked.join(', ')}`);
  // What is checked is what is committed.
  const others = untracked().filter((path) => !GENERATED.some((place) => path.startsWith(place)));
  if (others.length > 0)
    throw new Problem(
      `Files that would not be in the commit; git add them, or move them away: ${others.join(', ')}`,
    );
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The packages of the merged package-lock.json. */
async function install(state) {
  await refreshLock(state);
  const hash = lockHash();
  if (hash === state.installed) return;
  // Half an installation is none.
  writeState(Object.assign(state, { installed: 'unfinished' }));
  await step('Installing packages', 'npm', ['ci']);
  writeState(Object.assign(state, { installed: hash }));
}

async function rehearse() {
  const { ScratchDatabase } = await import('./scratch-database.mjs');
  const scratch = await ScratchDatabase.open();
  try {
    const ran = await scratch.rehearse();
    say(ran.length > 0 ? `  ran: ${ran.join(', ')}` : '  there was nothing to migrate');
    await scratch.assertAgreement();
    say('  they agree');
  } finally {
    await scratch.close();
  }
}

async function discardScratchDatabase() {
  const { ScratchDatabase } = await import('./scratch-database.mjs');
  await ScratchDatabase.discard();
}

async function check({ check: command }) {
  if (command === undefined) await npmRun('Running npm run check', 'check');
  else await step(`Running ${command}`, command, [], { shell: true });
}

/** One commit of everything, unless it was made by hand and nothing has changed since. */
function commit({ from }) {
  git('add', '--update');
  if (!isMerging() && tryGit('diff', '--cached', '--quiet').ok) return;
  git('commit', '--quiet', '-m', `Upgrade to ${from}`);
}

function report({ from, commit: release, head, joined }) {
  const base = tryGit('merge-base', joined ?? head, release).stdout.trim();
  const changes = changesBetween(textAt(base, 'CHANGELOG.md'), textAt(release, 'CHANGELOG.md'));
  if (changes.length > 0) say(['', `What is new in ${from}:`, ...changes].join('\n'));
  say(
    `\nUpgraded to ${from}: ${commitOf('HEAD').slice(0, 12)}. Run all tests before you deploy it: npm test`,
  );
}

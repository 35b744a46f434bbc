/** Made from the code as a whole: whatever a merge makes of them, they are written anew. */
export const GENERATED = ['openapi.json', 'asyncapi.json', 'postman', 'docs/events'];

/** By the versions that Git has: 1 before both, 2 here, 3 in the release. */
const KINDS = {
  123: ['both changed it', 'edit what stands between <<<<<<< and >>>>>>>'],
  23: ['both added it', 'edit what stands between <<<<<<< and >>>>>>>'],
  12: [
    'changed here, deleted in the release',
    'move your change to where the code is now and git rm it, or keep it with git add',
  ],
  13: ['deleted here, changed in the release', 'keep it deleted with git rm, or take it with git add'],
  1: ['both deleted or moved it', 'git rm it, and look at where each moved it'],
  2: ['added or moved here only', 'git add it where it belongs, or git rm it'],
  3: ['added or moved in the release only', 'git add it where it belongs, or git rm it'],
};

/** Whether Git wrote both versions into the file, with marks between them. */
export const hasMarks = (versions) => versions.includes('23');

/**
 * Whether people have nothing to say about a conflict there. Of the schemas of events they have: what each field means is
 * written into them by hand.
 */
export function isSettledByItself(path, versions) {
  return hasMarks(versions) && (isWritten(path) || path === 'package-lock.json');
}

const isWritten = (path) => /^(?:openapi\.json|asyncapi\.json|postman\/[^/]+\.json)$/.test(path);

/** Lines that say what happened to each file and what to do. `details`: more about a path, where there is. */
export function reportOf(conflicts, details = {}) {
  const lines = conflicts.flatMap(({ path, versions }) => {
    const [what, todo] = KINDS[versions];
    const more = details[path] ? ` (${details[path]})` : '';
    return [`  ${path}: ${what}${more}`, `    ${adviceFor(path) ?? todo}`];
  });
  const count = conflicts.length === 1 ? '1 file' : `${conflicts.length} files`;
  return [`Conflicts in ${count}:`, ...lines].join('\n');
}

function adviceFor(path) {
  if (/^docs\/events\/.*\.schema\.json$/.test(path))
    return 'keep the descriptions of both; the structure is written anew from the code';
  return undefined;
}

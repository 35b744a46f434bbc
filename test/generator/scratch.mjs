// A copy of the project in a folder of its own, as a clean clone of it is after `npm ci`.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** The folder of a copy of what git keeps or would keep, committed, with the packages that are installed here. */
export function copyOfTheProject() {
  const root = mkdtempSync(join(tmpdir(), 'clone-'));
  const kept = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  });
  for (const path of String(kept)
    .split('\0')
    .filter((one) => one !== '' && existsSync(join(ROOT, one)))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(join(ROOT, path), join(root, path));
  }
  linkTree(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  commit(root, 'A clone', ['init', '-q']);
  return root;
}

export function commit(root, message, first) {
  if (first) git(root, ...first);
  git(root, 'add', '--all');
  git(
    root,
    '-c',
    'user.name=Test',
    '-c',
    'user.email=test@example.com',
    'commit',
    '-q',
    '--allow-empty',
    '-m',
    message,
  );
}

/** What is not committed, a line each. */
export const uncommitted = (root) => git(root, 'status', '--porcelain').split('\n').filter(Boolean);

function git(root, ...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' });
}

/** Hard links: no copy of hundreds of megabytes. Where there can be none, copies. Caches stay behind. */
function linkTree(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name === '.cache') continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else link(source, target);
  }
}

function link(source, target) {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

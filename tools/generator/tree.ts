import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** The project as the generator reads it. Paths are relative, with forward slashes. */
export interface Tree {
  /** Null where there is no such file. */
  read(path: string): string | null;
  /** The files below a folder. */
  list(folder: string): readonly string[];
}

/** A file to be written, or, where `after` is null, to be taken away. */
export interface Change {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

export function treeAt(root: string): Tree {
  return {
    read: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null),
    list: (folder) =>
      existsSync(join(root, folder))
        ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
            .toSorted()
        : [],
  };
}

/** Makes all changes, or none: what was made before one failed is taken back. */
export function apply(root: string, changes: readonly Change[]): void {
  const made: Change[] = [];
  try {
    for (const change of changes) {
      made.unshift(change);
      put(root, change.path, change.after);
    }
  } catch (error) {
    undo(root, made);
    throw error;
  }
}

/** Makes the files what they were before. */
export function undo(root: string, changes: readonly Change[]): void {
  for (const { path, before } of changes) put(root, path, before);
}

function put(root: string, path: string, text: string | null): void {
  const file = join(root, path);
  if (text !== null) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  if (existsSync(file)) rmSync(file);
  // Folders that are empty now go along.
  for (let folder = dirname(file); folder !== root; folder = dirname(folder)) {
    if (!existsSync(folder) || !statSync(folder).isDirectory() || readdirSync(folder).length > 0) return;
    rmdirSync(folder);
  }
}

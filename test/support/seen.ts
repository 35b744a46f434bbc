import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What {@link neverSeen} reads of an OpenAPI document. */
export interface DocumentedPaths {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

/** Where answers are noted; made before the first test, read after the last. Set it to gather those of several runs. */
export const SEEN = 'GATEHOUSE_TEST_SEEN';

const noted = new Set<string>();

/** Notes that a test saw this answer, and that it is as documented. `status` is a key of the responses. */
export function noteSeen(operationId: string, status: string): void {
  const folder = process.env[SEEN];
  const note = `${operationId} ${status}`;
  if (folder === undefined || noted.has(note)) return;
  noted.add(note);
  appendFileSync(join(folder, String(process.pid)), `${note}\n`);
}

/** All notes, `<operationId> <status>` each. */
export function allSeen(folder: string): ReadonlySet<string> {
  const notes = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'));
  return new Set(notes.filter((note) => note !== ''));
}

/** Answers that are documented and that no test saw: they cannot happen, or nobody knows what they look like. */
export function neverSeen({ paths }: DocumentedPaths, seen: ReadonlySet<string>): string[] {
  return Object.values(paths)
    .flatMap((item) => Object.values(item) as { operationId: string; responses: object }[])
    .flatMap(({ operationId, responses }) =>
      Object.keys(responses).map((status) => `${operationId} ${status}`),
    )
    .filter((answer) => !seen.has(answer));
}

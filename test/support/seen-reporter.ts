// At the end of a whole run: every answer that openapi.json documents was seen by a test, or the run fails. That each was as
// documented, and that what is not documented fails, is checked where it is seen.
import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { allSeen, type DocumentedPaths, neverSeen, SEEN } from './seen.ts';

/** Tests that talk to the service. */
const FILES = 'test/{integration,e2e,security}/**/*.{int,e2e,sec}-spec.ts';

interface Run {
  readonly testResults: readonly { readonly testFilePath: string }[];
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly wasInterrupted?: boolean;
}

/** Whether all there is to see has been seen: every file was run, no test was left out by its name, and none failed. */
export function isWhole(run: Run, testNamePattern: string | undefined, files: readonly string[]): boolean {
  const ran = new Set(run.testResults.map(({ testFilePath }) => relative(process.cwd(), testFilePath)));
  const hasFailed =
    run.numFailedTests > 0 || run.numRuntimeErrorTestSuites > 0 || run.wasInterrupted === true;
  return !hasFailed && !testNamePattern && files.every((file) => ran.has(file));
}

export default class SeenReporter {
  private readonly testNamePattern: string | undefined;
  private error: Error | undefined;

  constructor({ testNamePattern }: { readonly testNamePattern?: string }) {
    this.testNamePattern = testNamePattern;
  }

  onRunComplete(_contexts: unknown, run: Run): void {
    const folder = process.env[SEEN];
    if (folder === undefined || !isWhole(run, this.testNamePattern, globSync(FILES))) return;
    const missing = neverSeen(
      JSON.parse(readFileSync('openapi.json', 'utf8')) as DocumentedPaths,
      allSeen(folder),
    );
    if (missing.length === 0) return;
    this.error = new Error(
      `openapi.json documents answers that no test saw. Test them, or do not document what cannot happen:\n  ${missing.join('\n  ')}`,
    );
    process.stderr.write(`\n${this.error.message}\n`);
  }

  /** Fails the run. */
  getLastError(): Error | undefined {
    return this.error;
  }
}

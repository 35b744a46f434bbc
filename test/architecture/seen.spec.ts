import { neverSeen } from '../support/seen.js';
import { isWhole } from '../support/seen-reporter.js';

describe('the answers that a whole run has to see', () => {
  const document = {
    paths: {
      '/things': {
        get: { operationId: 'listThings', responses: { 200: {}, 429: {} } },
        post: { operationId: 'createThing', responses: { 201: {}, default: {} } },
      },
    },
  };

  it('are those of each operation in the document', () => {
    expect(neverSeen(document, new Set())).toHaveLength(4);
    expect(
      neverSeen(document, new Set(['listThings 200', 'createThing 201', 'createThing default'])),
    ).toEqual(['listThings 429']);
  });

  it('are asked for when every file was run and nothing failed', () => {
    const files = ['test/e2e/a.e2e-spec.ts', 'test/security/b.sec-spec.ts'];
    const testResults = files.map((file) => ({ testFilePath: `${process.cwd()}/${file}` }));
    const run = { testResults, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };
    expect(isWhole(run, undefined, files)).toBe(true);
    expect(isWhole(run, 'of roles', files)).toBe(false);
    expect(isWhole({ ...run, testResults: testResults.slice(1) }, undefined, files)).toBe(false);
    expect(isWhole({ ...run, numFailedTests: 1 }, undefined, files)).toBe(false);
    expect(isWhole({ ...run, numRuntimeErrorTestSuites: 1 }, undefined, files)).toBe(false);
    expect(isWhole({ ...run, wasInterrupted: true }, undefined, files)).toBe(false);
  });
});

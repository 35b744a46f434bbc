import { isSettledByItself, reportOf } from './conflicts.mjs';

describe('a conflict', () => {
  it.each([
    'openapi.json',
    'asyncapi.json',
    'postman/gatehouse.postman_collection.json',
    'package-lock.json',
  ])('in %s, which is made from other files, is nobody’s work', (path) => {
    expect([isSettledByItself(path, '123'), isSettledByItself(path, '23')]).toEqual([true, true]);
    // Whoever deleted it meant something by it.
    expect(isSettledByItself(path, '13')).toBe(false);
  });

  it.each([
    'README.md',
    'src/openapi.json',
    'docs/events/user.created.v1.schema.json',
    'sdk/package-lock.json',
  ])('in %s, which people write, is theirs', (path) => {
    expect(isSettledByItself(path, '123')).toBe(false);
  });

  it('is reported by file: what happened, and what to do', () => {
    const conflicts = [
      { path: 'package.json', versions: '123' },
      { path: 'src/users/gone.ts', versions: '12' },
      { path: 'src/users/kept.ts', versions: '13' },
      { path: 'docs/events/user.created.v1.schema.json', versions: '123' },
    ];
    expect(reportOf(conflicts, { 'package.json': 'version' }).split('\n')).toEqual([
      'Conflicts in 4 files:',
      '  package.json: both changed it (version)',
      '    edit what stands between <<<<<<< and >>>>>>>',
      '  src/users/gone.ts: changed here, deleted in the release',
      '    move your change to where the code is now and git rm it, or keep it with git add',
      '  src/users/kept.ts: deleted here, changed in the release',
      '    keep it deleted with git rm, or take it with git add',
      '  docs/events/user.created.v1.schema.json: both changed it',
      '    keep the descriptions of both; the structure is written anew from the code',
    ]);
  });

  it.each(['1', '2', '3', '12', '13', '23', '123'])('of the versions %s has a report', (versions) => {
    expect(reportOf([{ path: 'a', versions }])).toMatch(/^Conflicts in 1 file:\n {2}a: \w.+\n {4}\w.+$/);
  });
});

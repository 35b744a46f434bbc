import { CHECKS } from '../../src/apps/doctor/examine.js';
import { readText } from './sources.js';

const [, checklist = ''] = readText('docs/production.md').split(/^## Checklist$/m);
const lines = Array.from(
  checklist.split(/^## /m)[0]?.matchAll(/^- \[ \] (.+)$/gm) ?? [],
  ([, line = '']) => line,
);

describe('the checklist of docs/production.md', () => {
  it('has a line for each check of the doctor, in its order, and no other but what people look at', () => {
    const named = lines
      .filter((line) => !line.endsWith('_By hand._'))
      .map((line) => /`([a-z-]+)`$/.exec(line)?.[1]);
    expect(named).toEqual(CHECKS.map(({ id }) => id));
  });
});

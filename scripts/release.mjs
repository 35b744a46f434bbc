// `node scripts/release.mjs v1.2.0`: whether all that a release says of itself agrees with its tag. Prints its part of the CHANGELOG.
import { readFileSync } from 'node:fs';
import { disagreements, notesOf } from './release-notes.mjs';

const [tag = ''] = process.argv.slice(2);
const read = (path) => readFileSync(path, 'utf8');
const changelog = read('CHANGELOG.md');
const problems = disagreements(tag, {
  version: JSON.parse(read('package.json')).version,
  changelog,
  contracts: ['openapi.json', 'asyncapi.json'].map((path) => ({
    path,
    isReleased: read(path) === read(`contract/released/${path}`),
  })),
});
if (problems.length > 0) {
  process.stderr.write(problems.map((problem) => `${problem}\n`).join(''));
  process.exit(1);
}
process.stdout.write(`${notesOf(changelog, tag.slice(1))}\n`);

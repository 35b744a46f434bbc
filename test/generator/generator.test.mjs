// `npm run test:generator`: what docs/your-own-module.md says, done in a copy of the project; and a noun with a field of each
// type. Apart from `npm test`, which looks at the generator alone, since it takes minutes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commit, copyOfTheProject, ROOT, uncommitted } from './scratch.mjs';
import { allSeen, neverSeen } from '../support/seen.ts';
import { follow, stepsOf } from './guide.mjs';

const guide = readFileSync(join(ROOT, 'docs/your-own-module.md'), 'utf8');
const root = copyOfTheProject();
after(() => rmSync(root, { recursive: true, force: true }));

function run(command) {
  const started = performance.now();
  const bin = join(root, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  // What this runner says of itself to tests it starts.
  delete env.NODE_TEST_CONTEXT;
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-eu', '-c', command], {
    cwd: root,
    encoding: 'utf8',
    env,
  });
  process.stdout.write(
    `  ${command.slice(0, 100)}: ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  );
  assert.equal(status, 0, `${command}\n${stdout}${stderr}`);
  return stdout;
}

/** The checks of both guides at once: they take the same files. */
const checks = new Set();
const runOrNote = (command) =>
  /^npm run (?:check|format)|^npx jest/.test(command) ? void checks.add(command) : void run(command);

const EVERY_TYPE = [
  'name:string:64',
  'note:text?',
  'count:integer:-5..1000',
  'weight:decimal:9.3',
  'rare:boolean',
  'foundOn:date',
  'seenAt:timestamp',
  'seenAgainAt:timestamp?',
  'barcode:uuid?',
  'state:enum:whole,broken',
  'grade:enum:good,fair,poor?',
  'finder:ref:user?',
  'reader:ref:role',
  'group:ref:order',
];

await test('the generator', async (t) => {
  await t.test('has nothing left of a guide that was followed in this clone', () => {
    if (existsSync(join(root, 'src/invoices/generated.json')))
      run('npm run -s generate:remove invoices -- --force');
    commit(root, 'Before');
  });

  await t.test(
    'makes a noun with each type of field, and one it refers to whose table is a word of SQL',
    () => {
      run(`npm run -s generate:resource orders -- --field total:decimal --field paid:boolean`);
      commit(root, 'Orders');
      const fields = EVERY_TYPE.map((field) => `--field '${field}'`).join(' ');
      run(
        `npm run -s generate:resource lost-specimens -- ${fields} --unique name --sort weight --sort seenAt --owner user`,
      );
      commit(root, 'Specimens');
    },
  );

  for (const heading of ['Your own module', 'A field of the user']) {
    await t.test(`makes what the guide goes on from: ${heading}`, async () => {
      for (const step of stepsOf(guide, heading)) await follow(root, step, runOrNote);
      commit(root, heading);
    });
  }

  await t.test('and all checks pass', () => {
    const tests = [...checks]
      .filter((command) => command.startsWith('npx jest '))
      .map((command) => command.slice(9));
    // What looks at every operation, and notes what it sees.
    const ofAll = ['documented-answers', 'route-access'];
    run('npm run format');
    commit(root, 'Formatted');
    run('npm run check');
    run(
      'REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npx redocly lint openapi.json asyncapi.json',
    );
    const seen = mkdtempSync(join(tmpdir(), 'seen-'));
    run(
      `GATEHOUSE_TEST_SEEN=${seen} npx jest --selectProjects integration e2e --testPathPatterns ${[...tests, ...ofAll].join(' ')} orders lost-specimens`,
    );
    const document = JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8'));
    // Of those every operation has, the tests of bad input ask for each.
    const isMade = (answer) => /(?:Order|Specimen|Invoice)s? (?!413|415|default)/.test(answer);
    assert.deepEqual(neverSeen(document, allSeen(seen)).filter(isMade), []);
    rmSync(seen, { recursive: true });
    assert.deepEqual(uncommitted(root), []);
  });

  await t.test('takes all away again without a trace', () => {
    run('npm run -s generate:remove lost-specimens');
    run('npm run -s generate:remove orders');
    run('npm run -s generate:remove invoices -- --force');
    commit(root, 'Away');
    // What is left is the field of the user.
    const changed = run('git diff --name-only "$(git log --format=%h --grep ^Before$)" HEAD')
      .split('\n')
      .filter(Boolean);
    const ofTheGuide = stepsOf(guide, 'A field of the user').flatMap(({ language, text }) => {
      const [first] = text.split('\n', 1);
      return language === 'bash' ? [] : [first.replace('// ', '')];
    });
    const described = new Set(['openapi.json', 'postman/gatehouse.postman_collection.json']);
    const byHand = changed.filter((path) => !described.has(path));
    assert.deepEqual(
      byHand,
      [...new Set(ofTheGuide)].toSorted((a, b) => (a < b ? -1 : 1)),
    );
  });
});

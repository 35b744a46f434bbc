import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRequest } from './arguments.ts';
import { refuseDirtyTree } from './command.ts';
import { exampleAt } from './example.ts';
import { planNoun } from './generate.ts';
import { Refusal } from './refusal.ts';
import { leftInDatabases, planRemoval } from './remove.ts';
import { apply, treeAt, undo } from './tree.ts';

const ROOT = join(__dirname, '../..');
const NOW = 1_800_000_000_000;

/** A noun no clone has. */
const plan = (root: string, ...args: string[]) => {
  const { request, command } = readRequest(args);
  return planNoun(root, request, command, NOW);
};

/** What is refused, in words; undefined where it is not. */
async function refusalOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

describe('a name of a resource', () => {
  it.each([
    [[''], 'Say what to make, as a plural'],
    [[], 'Say what to make, as a plural'],
    [['Lighthouses'], 'lower-case words joined by hyphens, at most 40 letters, as in lighthouses'],
    [['oyster_beds'], 'as in oyster-beds'],
    [['oysterBeds'], 'as in oyster-beds'],
    [['oyster beds'], 'as in oyster-beds'],
    [['lighthouses2'], 'is no name of a resource'],
    [['-lighthouses'], 'Unknown option'],
    [['../lighthouses'], 'is no name of a resource'],
    [['/etc/passwords'], 'is no name of a resource'],
    [['lighthouses\u0000'], 'is no name of a resource'],
    [['a'.repeat(100_000)], 'is no name of a resource'],
    [['lighthouse'], 'lighthouse is no plural: resources are called lighthouses'],
    [['series'], 'One of series is called series as well'],
    [['classes'], 'class is a word of TypeScript'],
    [['defaults'], 'default is a word of TypeScript'],
    [['constructors'], 'constructor is a word of TypeScript'],
    [['__proto__'], 'is no name of a resource'],
    [['constructor'], 'constructor is no plural'],
    [['lighthouses', '--singular', 'Light House'], 'lower-case words joined by hyphens'],
    [['lighthouses', '--singular', 'lighthouses'], 'say what one of them is, by another word'],
    [['dates'], 'Date is a name that the code itself uses'],
    [['transactions'], 'is a name that the code itself uses'],
    [['changes'], 'changes is a name that the code itself uses'],
    [['ids'], 'id is a name that the code itself uses'],
    [['actors'], 'Actor is a name that the code itself uses'],
    [['pages'], 'Page, which is there already'],
    [['os'], '--singular "o": lower-case words joined by hyphens, 2 to 40 letters'],
    [['responses'], 'Response is a name that the code itself uses'],
    [['form-responses'], 'FormResponse is a name that the code itself uses'],
    [['globals'], 'Global is a name that the code itself uses'],
    [['abouts'], 'about is a name that the code itself uses'],
    [['users'], 'src/users is there already'],
    [['platforms', '--singular', 'user'], 'the table user, which is there already'],
    [['sessions'], 'the table session, which is there already'],
    [['health'], 'One of health is called health as well'],
    [['identities'], 'which is there already'],
    [['outboxes'], 'the table outbox, which is there already'],
    [
      ['lighthouses', 'amount:decimal'],
      'put -- before the options: npm run generate:resource lighthouses --',
    ],
    [['lighthouses', '--fields', 'a:text'], "Unknown option '--fields'"],
    [
      ['lighthouses', '--owner', 'customer'],
      '--owner takes user. For another noun say --field customer:ref:customer',
    ],
  ])('is refused where it is none, or taken: %j', async (args, message) => {
    expect(await refusalOf(() => plan(ROOT, ...args))).toContain(message);
  });

  it.each([
    ['people', [], 'person'],
    ['delivery-categories', [], 'delivery-category'],
    ['delivery-statuses', [], 'delivery-status'],
    ['postal-addresses', [], 'postal-address'],
    ['lighthouses', [], 'lighthouse'],
    ['criteria', [], 'criterion'],
    ['media', ['--singular', 'medium'], 'medium'],
    ['news', ['--singular', 'news-item'], 'news-item'],
  ])('has its singular: %s', async (plural, options, singular) => {
    const { noun, changes } = await plan(ROOT, plural, ...options);
    expect([noun.singular, noun.table]).toEqual([singular, singular.replaceAll('-', '_')]);
    expect(changes.map(({ path }) => path)).toContain(`src/${plural}/${singular}.entity.ts`);
  });
});

it('a noun whose last word is a letter is tested for the code that its error has', async () => {
  const { changes } = await plan(ROOT, 'plan-bs');
  const textAt = (path: string) => changes.find((change) => change.path === path)?.after ?? '';
  const [, code = ''] = /code: '(\w+)'/.exec(textAt('src/plan-bs/plan-b.errors.ts')) ?? [];
  expect(textAt('test/e2e/plan-bs.e2e-spec.ts').split(`[404, '${code}']`)).toHaveLength(3);
});

describe('a field', () => {
  it.each([
    ['amount', 'say its type as well, as in --field amount:decimal'],
    ['amount:', 'say its type as well'],
    [':decimal', 'is no name of a field'],
    ['amount:money', 'There is no type money (--field amount:money). Types are string, text, integer'],
    ['amount:constructor', 'There is no type constructor'],
    ['amount:__proto__', 'There is no type __proto__'],
    ['Amount:decimal', 'is no name of a field'],
    ['due_on:date', 'write it as dueOn'],
    [`${'a'.repeat(41)}:date`, 'is no name of a field'],
    ['id:integer', 'Every noun has id already'],
    ['createdAt:timestamp', 'Every noun has createdAt already'],
    ['deletedAt:timestamp?', 'Every noun has deletedAt already'],
    ['createdAT:timestamp', 'Every noun has the column created_at already'],
    ['page:enum:first,last', 'LighthousePage, the type of page, is a name that the code itself uses'],
    ['fields:enum:a,b', 'LighthouseFields, the type of fields, is a name that the code itself uses'],
    ['dto:enum:a,b', 'LighthouseDto, the type of dto, is a name that the code itself uses'],
    ['constructor:text', 'No field can be called constructor'],
    ['toString:text', 'No field can be called toString'],
    ['xmin:integer', 'No field can be called xmin'],
    ['password:string', 'A secret needs code of its own'],
    ['accessToken:string', 'A secret needs code of its own'],
    ['line2:ref:user', 'has letters only'],
    ['sort:enum:up,down', 'sort is a parameter of every list'],
    ['name:string:0', '0 is no whole number from 2 to 2000'],
    ['name:string:1e3', '1e3 is no whole number'],
    ['note:text:5', 'The type text takes no argument'],
    ['count:integer:9..1', 'has no range'],
    ['amount:decimal:2', 'does not say how many digits'],
    ['amount:decimal:2.2', 'does not say how many digits'],
    ['amount:decimal:40.2', 'does not say how many digits'],
    ['status:enum', 'an enum has 2 to 50 different values'],
    ['status:enum:one', 'an enum has 2 to 50 different values'],
    ['status:enum:a,a', 'an enum has 2 to 50 different values'],
    [`status:enum:a,b'); DROP TABLE x`, 'an enum has 2 to 50 different values'],
    ['keeper:ref', 'say what it refers to, by its singular: keeper:ref:user'],
    ['keeper:ref:keeper', 'ref takes user, role, or a noun that npm run generate:resource has made'],
    ['keeper:ref:webhook', 'ref takes user, role, or a noun'],
  ])('is refused where it is none: %s', async (spec, message) => {
    expect(await refusalOf(() => plan(ROOT, 'lighthouses', '--field', spec))).toContain(message);
  });

  it.each([
    [['--field', 'a:text', '--field', 'a:date'], 'a and a would both have the column a'],
    [['--field', 'dueOn:date', '--field', 'dueON:date'], 'dueOn and dueON would both have the column due_on'],
    [['--field', 'owner:ref:role', '--owner', 'user'], 'would both have the column owner_id'],
    [
      ['--field', 'keeper:ref:user', '--field', 'keeper:boolean'],
      'Two indexes would be called ix_lighthouse_keeper',
    ],
    [
      [
        '--field',
        'lit:boolean',
        '--field',
        'height:integer',
        '--sort',
        'height',
        '--field',
        'litHeight:boolean',
      ],
      'Two indexes would be called ix_lighthouse_lit_height',
    ],
    [['--unique', 'height'], 'there is no field height'],
    [['--field', 'lit:boolean', '--unique', 'lit'], 'of the type uuid or string of at least 32 characters'],
    [['--field', 'name:string?', '--unique', 'name'], 'only a field that is required'],
    [['--sort', 'height'], 'there is no field height'],
    [['--field', 'height:decimal?', '--sort', 'height'], 'a list is ordered by a field that is required'],
    [
      Array.from({ length: 51 }, (_, n) => ['--field', `f${n}:text`]).flat(),
      '51 fields are more than a noun has',
    ],
    [
      ['--field', `${'long'.repeat(10)}:boolean`, '--field', 'height:integer', '--sort', 'height'],
      'give the noun or the field a shorter name',
    ],
  ])('is refused beside another: %j', async (options, message) => {
    expect(await refusalOf(() => plan(ROOT, 'lighthouses', ...options))).toContain(message);
  });
});

describe('examples/projects', () => {
  it('is what the generator makes: write it by npm run generate:example', async () => {
    const tree = treeAt(ROOT);
    const files = tree.list('examples/projects').map((path) => [path, tree.read(path)]);
    expect(Object.fromEntries(files)).toEqual(await exampleAt(ROOT));
  });
});

describe('the removal', () => {
  it.each(['users', 'lighthouses', '', '../src', 'x'.repeat(10_000)])(
    'keeps what was not made so: %s',
    async (name) => {
      expect(await refusalOf(() => planRemoval(ROOT, name, true))).toContain(
        'was not made by npm run generate:resource',
      );
    },
  );
});

describe('a copy of the project', () => {
  let copy: string;
  const ARGS = ['lighthouses', '--field', 'height:decimal', '--field', 'lit:enum:on,off', '--owner', 'user'];
  const snapshot = () => {
    const tree = treeAt(copy);
    return Object.fromEntries(tree.list('.').map((path) => [path, tree.read(path)]));
  };
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'generator-'));
    for (const path of ['src', 'docs', 'migrations', 'openapi.json', 'package.json', '.prettierrc.json'])
      cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    for (const folder of ['test/e2e', 'seeds']) mkdirSync(join(copy, folder), { recursive: true });
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  const edit = (path: string, change: (text: string) => string) =>
    writeFileSync(join(copy, path), change(readFileSync(join(copy, path), 'utf8')));
  const make = async () => apply(copy, (await plan(copy, ...ARGS)).changes);

  it('is as it was when a noun was made and removed', async () => {
    const before = snapshot();
    await make();
    expect(Object.keys(snapshot()).length).toBe(Object.keys(before).length + 21);
    const { manifest, changes } = await planRemoval(copy, 'lighthouses', false);
    apply(copy, changes);
    expect(snapshot()).toEqual(before);
    expect(leftInDatabases(manifest)).toContain('the table lighthouse stays, with its rows');
    expect(leftInDatabases(manifest)).toContain(`WHERE name = '${manifest.migration}'`);
  });

  it('is as it was when a change fails halfway', async () => {
    const before = snapshot();
    const { changes } = await plan(copy, ...ARGS);
    // A folder cannot be where a file is.
    const impossible = { path: 'openapi.json/x', before: null, after: '' };
    expect(() => apply(copy, [...changes, impossible])).toThrow(/EEXIST|ENOTDIR/);
    expect(snapshot()).toEqual(before);
    apply(copy, changes);
    undo(copy, changes);
    expect(snapshot()).toEqual(before);
  });

  it('has all taken away of a noun whose making, or whose removal, was killed', async () => {
    const before = snapshot();
    apply(copy, (await plan(copy, ...ARGS)).changes.slice(0, 7));
    expect(await refusalOf(() => plan(copy, ...ARGS))).toContain('npm run generate:remove lighthouses');
    apply(copy, (await planRemoval(copy, 'lighthouses', true)).changes.slice(0, 9));
    apply(copy, (await planRemoval(copy, 'lighthouses', true)).changes);
    expect(snapshot()).toEqual(before);
  });

  it('takes a noun once', async () => {
    await make();
    const message = await refusalOf(() => plan(copy, ...ARGS));
    expect(message).toContain(
      'lighthouses has been made already, by "npm run generate:resource lighthouses -- --field height:decimal',
    );
    expect(message).toContain('npm run generate:remove lighthouses');
  });

  it('has migrations in the order of their times', async () => {
    const first = await plan(copy, ...ARGS);
    apply(copy, first.changes);
    const second = await plan(copy, 'oyster-beds');
    expect(first.noun.timestamp).toBeGreaterThanOrEqual(NOW);
    expect(second.noun.timestamp).toBe(first.noun.timestamp + 1_000);
  });

  it('is not changed where the process lists its features otherwise', async () => {
    edit('src/apps/all-in-one.ts', (text) => text.replace('features: [', 'features: more(['));
    expect(await refusalOf(() => plan(copy, ...ARGS))).toContain('lists its features in another way');
  });

  it('loses nothing that was edited or added since, unless that is wanted', async () => {
    const before = snapshot();
    await make();
    edit('src/lighthouses/lighthouses.service.ts', (text) => `${text}// mine\n`);
    edit('docs/errors.md', (text) =>
      text.replace('There is no such lighthouse.', 'No such lighthouse is there.'),
    );
    writeFileSync(join(copy, 'src/lighthouses/lamp.ts'), '// mine\n');
    rmSync(join(copy, 'test/e2e/new-lighthouse.ts'));
    const message = await refusalOf(() => planRemoval(copy, 'lighthouses', false));
    for (const named of [
      'lighthouses.service.ts',
      'lamp.ts',
      'new-lighthouse.ts',
      'the section of docs/errors.md',
      '--force',
    ])
      expect(message).toContain(named);
    apply(copy, (await planRemoval(copy, 'lighthouses', true)).changes);
    expect(snapshot()).toEqual(before);
  });

  it('takes no noun whose indexes would be called like those of another', async () => {
    await make();
    expect(await refusalOf(() => plan(copy, 'lighthouse-owners'))).toContain(
      'the index ix_lighthouse_owner_created_at, which is there already',
    );
  });

  it('keeps a noun that others use', async () => {
    await make();
    apply(copy, (await plan(copy, 'oyster-beds', '--field', 'light:ref:lighthouse')).changes);
    expect(await refusalOf(() => planRemoval(copy, 'lighthouses', true))).toContain(
      'src/oyster-beds/oyster-beds.repository.ts',
    );
    apply(copy, (await planRemoval(copy, 'oyster-beds', false)).changes);
    expect(await refusalOf(() => planRemoval(copy, 'lighthouses', false))).toBeUndefined();
  });

  it('has to be committed before', async () => {
    const git = (...args: string[]) =>
      spawnSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], { cwd: copy });
    const elsewhere = await refusalOf(() => refuseDirtyTree(copy));
    expect(elsewhere).toContain('This is no git repository');
    git('init', '-q');
    expect(await refusalOf(() => refuseDirtyTree(copy))).toMatch(/are not committed[\s\S]*--force/);
    git('add', '.');
    git('commit', '-q', '-m', 'All');
    expect(await refusalOf(() => refuseDirtyTree(copy))).toBeUndefined();
  });
});

describe('the command line', () => {
  it('can be run again as the manifest has it', () => {
    const { command } = readRequest([
      'lighthouses',
      '--field',
      'builtOn:date?',
      '--force',
      '--owner',
      'user',
    ]);
    expect(command).toBe(`npm run generate:resource lighthouses -- --field 'builtOn:date?' --owner user`);
  });
});

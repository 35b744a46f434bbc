import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { EmbeddedPostgres } from '../../tools/embedded-postgres/embedded-postgres.js';
import { releaseNext, type Repository, Workshop } from './repositories.js';

/** Those of the quick checks that look at what an upgrade merges and writes; the types are checked by every upgrade. */
const CHECK = 'npm run -s test:architecture -- errors events postman ladder';

let workshop: Workshop;
let upstream: Repository;

beforeAll(() => {
  workshop = new Workshop();
  upstream = workshop.makeUpstream();
  releaseNext(upstream);
});
afterAll(() => workshop.remove());

/** Columns of tables in the database on which a release's migrations ran, while the upgrade is open. */
async function scratchColumns({ folder }: Repository, ...tables: readonly string[]): Promise<string[]> {
  const embedded = process.env.DATABASE_URL
    ? null
    : await EmbeddedPostgres.start({ dataDir: join(folder, '.data/upgrade') });
  const url = new URL(embedded?.url ?? process.env.DATABASE_URL ?? '');
  try {
    const [found] = await rows(
      url,
      `SELECT datname AS line FROM pg_database WHERE datname ~ '^gatehouse_upgrade.*after$'`,
    );
    url.pathname = `/${found}`;
    const names = tables.map((table) => `'${table}'`).join();
    return await rows(
      url,
      `SELECT table_name || '.' || column_name AS line FROM information_schema.columns WHERE table_name IN (${names})`,
    );
  } finally {
    await embedded?.stop();
  }
}

async function rows(url: URL, sql: string): Promise<string[]> {
  const client = new Client({ connectionString: url.href });
  await client.connect();
  const result = await client.query<{ line: string }>(sql);
  await client.end();
  return result.rows.map(({ line }) => line);
}

describe('a clone with a module of its own', () => {
  it('takes a release: merged, written anew, migrated on what it has, checked, committed', () => {
    const clone = workshop.clone(upstream, 'clone');
    clone.install();
    clone.npm('generate:resource', 'projects');
    clone.commit('Add projects');

    const { code, output } = clone.upgrade('--from', 'v2', '--check', CHECK);

    expect([output, code]).toEqual([expect.stringContaining('Upgraded to v2'), 0]);
    // What the clone has had is not migrated again.
    expect(output).toContain('ran: HiddenRoles1767600110000\n');
    expect(output).toMatch(
      /Breaking:\n {2}- \*\*Breaking:\*\* roles are listed in another voice\.\nChanged:\n {2}- Roles can/,
    );
    expect(clone.git('status', '--porcelain')).toBe('');
    expect(clone.git('log', '-1', '--format=%s')).toBe('Upgrade to v2');
    expect(clone.git('rev-parse', 'HEAD^2')).toBe(clone.git('rev-parse', 'v2'));
    const api = clone.read('openapi.json');
    expect(api).toContain('"summary": "List the roles"');
    expect(api).toContain('"/api/v1/projects"');
    expect(clone.read('postman/gatehouse.postman_collection.json')).toContain('List the roles');
    expect(clone.has('.data/upgrade')).toBe(false);

    expect(clone.upgrade('--from', 'v2')).toEqual({
      code: 0,
      output: 'v2 is contained already: nothing to do.\n',
    });
  });
});

describe('a project made from the template, which changed what the release changes', () => {
  it('is told of conflicts by file, goes back without a trace, and on when they are resolved', async () => {
    const project = workshop.fromTemplate(upstream, 'template');
    project.install();
    project.npm('generate:resource', 'projects');
    project.commit('Add projects');
    const rename = ['"name": "gatehouse"', '"name": "corp-identity"'] as const;
    project.edit('package.json', rename);
    project.edit('package-lock.json', rename, rename);
    project.edit('README.md', ['It is for teams that want', 'It is for Corp, who want']);
    project.edit('src/apps/api-description.ts', ['Users, roles and privileges;', 'The people of Corp;']);
    project.npm('openapi');
    project.commit('Make it ours');
    project.git('remote', 'add', 'upstream', upstream.folder);
    const before = project.fingerprint();
    const take = ['--from', 'v2', '--base', 'v1', '--check', 'false'];

    expect(project.upgrade('--from', 'v2')).toEqual({
      code: 1,
      output: expect.stringContaining('--base TAG'),
    });
    await project.killUpgradeAt('Migrating a scratch database', ...take);
    expect(project.upgrade('--continue').output).toContain('Only --abort is left');
    expect(project.upgrade('--abort').output).toContain('everything is as it was');
    expect(project.fingerprint()).toBe(before);
    expect(project.has('.data/upgrade')).toBe(false);
    const taken = project.upgrade(...take);
    expect([taken.output, taken.code]).toEqual([
      expect.stringContaining('Conflicts in 1 file:\n  README.md: both changed it\n'),
      1,
    ]);
    // Made from the code, or to be merged by keys: nobody's work.
    expect(project.git('diff', '--name-only', '--diff-filter=U')).toBe('README.md');
    expect(project.upgrade('--from', 'v2').output).toContain('An upgrade to v2 is under way');
    project.write('notes.txt', 'to do');
    project.git('add', 'notes.txt');
    expect(project.upgrade('--abort')).toEqual({
      code: 0,
      output: expect.stringContaining('everything is as it was'),
    });
    expect(project.git('status', '--porcelain')).toBe('?? notes.txt');
    rmSync(join(project.folder, 'notes.txt'));
    expect(project.fingerprint()).toBe(before);
    expect(project.has('.data/upgrade')).toBe(false);

    project.upgrade(...take);
    expect(project.upgrade('--continue').output).toContain('README.md: both changed it');
    const [, ours = ''] = /<{7}.*\n([^]*?)={7}/.exec(project.read('README.md')) ?? [];
    project.write('README.md', project.read('README.md').replace(/<{7}[^]*>{7}.*\n/, ours));
    project.write('notes.txt', 'to do');
    expect(project.upgrade('--continue').output).toContain('move them away: notes.txt');
    project.git('add', 'notes.txt');
    await project.killUpgradeAt('Building', '--continue');
    const failed = project.upgrade('--continue');
    expect([failed.output, failed.code]).toEqual([expect.stringContaining('The upgrade is still open'), 1]);
    expect(failed.output).toContain('Running false: failed');
    expect(await scratchColumns(project, 'role', 'project')).toEqual(
      expect.arrayContaining(['role.is_hidden', 'project.name']),
    );
    const done = project.upgrade('--continue', '--check', 'true');
    expect([done.output, done.code]).toEqual([expect.stringContaining('Upgraded to v2'), 0]);

    expect(project.git('status', '--porcelain')).toBe('');
    expect(project.git('rev-parse', 'HEAD^2')).toBe(project.git('rev-parse', 'v2'));
    expect(JSON.parse(project.read('package.json'))).toMatchObject({
      name: 'corp-identity',
      version: '77.0.0',
    });
    expect(JSON.parse(project.read('package-lock.json'))).toMatchObject({
      name: 'corp-identity',
      version: '77.0.0',
    });
    expect(project.read('README.md')).toContain('It is for Corp, who want');
    expect(JSON.parse(project.read('openapi.json')).info).toMatchObject({
      version: '77.0.0',
      description: expect.stringMatching(/^The people of Corp;/),
    });
    // From now on there is a history in common.
    expect(project.upgrade('--from', 'v1').output).toContain('v1 is contained already');
  });
});

describe('an upgrade that cannot begin', () => {
  let clone: Repository;

  beforeAll(() => {
    clone = workshop.clone(upstream, 'refused');
  });
  afterEach(() => {
    clone.git('reset', '--quiet', '--hard');
    clone.git('clean', '--quiet', '-d', '--force', '-x');
  });

  it.each<[string, (clone: Repository) => void, readonly string[], string]>([
    ['changes that are not committed', (at) => at.write('README.md', ''), ['--from', 'v2'], 'README.md'],
    ['files that Git does not know', (at) => at.write('a.txt', ''), ['--from', 'v2'], '?? a.txt'],
    ['a release that nobody has', () => {}, ['--from', 'v9'], 'git ls-remote --tags upstream'],
    ['a base without need', () => {}, ['--from', 'v2', '--base', 'v1'], 'leave --base out'],
    ['no packages', () => {}, ['--from', 'v2'], 'npm ci'],
    ['nothing to go on with', () => {}, ['--continue'], 'No upgrade is under way'],
    ['nothing to go back from', () => {}, ['--abort'], 'No upgrade is under way'],
    ['no release named', () => {}, [], 'Say one of --from TAG'],
  ])('is refused for %s, and changes nothing', (_, prepare, args, text) => {
    prepare(clone);
    const before = clone.fingerprint();
    const { code, output } = clone.upgrade(...args);
    expect([output, code]).toEqual([expect.stringContaining(text), 1]);
    expect(output).not.toMatch(/^ {4}at /m);
    expect(clone.fingerprint()).toBe(before);
  });

  it('says how to name the remote when there is none', () => {
    clone.git('remote', 'rename', 'upstream', 'elsewhere');
    expect(clone.upgrade('--from', 'v9').output).toContain('git remote add upstream URL');
    clone.git('remote', 'rename', 'elsewhere', 'upstream');
  });

  it('is refused while something else is under way, or nowhere', () => {
    clone.write('.git/CHERRY_PICK_HEAD', clone.git('rev-parse', 'HEAD'));
    expect(clone.upgrade('--from', 'v2').output).toContain('A cherry-pick is under way');
    clone.git('cherry-pick', '--quit');
    clone.git('switch', '--quiet', '--detach');
    expect(clone.upgrade('--from', 'v2').output).toContain('git switch BRANCH');
    clone.git('switch', '--quiet', 'main');
  });

  it('explains itself', () => {
    expect(clone.upgrade('--help')).toEqual({ code: 0, output: expect.stringContaining('--from TAG') });
  });
});

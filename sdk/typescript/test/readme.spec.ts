import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startApp, type TestApp } from '../../../test/support/app.js';
import { PASSWORD } from '../../../test/support/factory.js';

const PACKAGE = resolve('sdk/typescript');
/** Inside the package: there it is found by its name. */
const SCRATCH = join(PACKAGE, '.scratch');
const run = promisify(execFile);

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
  await rm(SCRATCH, { recursive: true, force: true });
  await mkdir(SCRATCH);
  const readme = await readFile(join(PACKAGE, 'README.md'), 'utf8');
  await writeFile(join(SCRATCH, 'story.ts'), snippets(readme, 'ts'));
  await writeFile(join(SCRATCH, 'browser.ts'), snippets(readme, 'ts browser'));
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    types: [],
  };
  await writeFile(
    join(SCRATCH, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['story.ts', 'browser.ts'] }),
  );
});
afterAll(async () => {
  await rm(SCRATCH, { recursive: true, force: true });
  await service.close();
});

/** All snippets of a kind, one after the other. */
function snippets(readme: string, kind: string): string {
  const found = Array.from(readme.matchAll(/```(ts(?: browser)?)\n([\s\S]*?)```/g))
    .filter(([, info]) => info === kind)
    .map(([, , code = '']) => code);
  if (found.length === 0) throw new Error(`The README has no snippets of ${kind}`);
  return `${found.join('\n')}\nexport {};\n`.replaceAll('https://id.example.com', service.api.base);
}

describe('the snippets of the README', () => {
  it('have the right types, also for who checks those of the package strictly', async () => {
    const compiler = [resolve('node_modules/typescript/bin/tsc'), '-p', SCRATCH];
    const faults = await run(process.execPath, compiler).catch(({ stdout }: { stdout: string }) => ({
      stdout,
    }));
    expect(faults.stdout).toBe('');
  }, 60_000);

  it('do what they say', async () => {
    const ada = await service.factory.user({ role: 'SuperAdmin', signIn: false });
    await service.sql(`UPDATE user_identity SET value = 'ada@example.com' WHERE user_id = $1`, [ada.id]);
    await service.sql(`UPDATE "user" SET first_name = 'Ada' WHERE id = $1`, [ada.id]);
    expect(PASSWORD).toBe('correct horse battery staple');

    const { stdout, stderr } = await run(process.execPath, [join(SCRATCH, 'story.ts')]);

    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    expect(lines).toEqual([
      'Hello, Ada',
      '1',
      expect.stringMatching(/^\d+ /),
      ...Array(lines.length - 7).fill(expect.stringMatching(/^\d+ /)),
      'There is one already',
      'Signed out: ended',
      'true',
      '[ true ]',
    ]);
    expect(lines).toContain(`${ada.id} ada@example.com`);
    const roles = await service.sql<{ name: string; description: string | null }>(
      `SELECT name, description FROM role WHERE name IN ('editors', 'authors') ORDER BY name`,
    );
    expect(roles).toEqual([
      { name: 'authors', description: null },
      { name: 'editors', description: 'May write' },
    ]);
  });
});

describe('the package', () => {
  it('is what was built, without the tests, and needs no other', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: PACKAGE,
    });
    const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const files = packed.files.map(({ path }) => path);
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']),
    );
    expect(
      files.filter((file) => !/^(README.md|package.json|LICENSE|dist\/.+\.(js|d\.ts))$/.test(file)),
    ).toEqual([]);
    const manifest = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key))).toEqual([]);
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(manifest.version).toBe(version);
  });
});

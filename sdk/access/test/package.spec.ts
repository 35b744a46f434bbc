import { execFile } from 'node:child_process';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startApp, type TestApp } from '../../../test/support/app.js';
import { Scratch, snippetsOf } from '../../test/snippets.js';

const PACKAGE = resolve('sdk/access');
const scratch = new Scratch(PACKAGE);
const run = promisify(execFile);

let service: TestApp;
let reader: { id: number; token: string };
beforeAll(async () => {
  service = await startApp({ env: { PUBLIC_BASE_URL: 'http://gatehouse.test' } });
  const { token } = await service.factory.superAdmin();
  await service.api.post('/privileges', { token, body: { name: 'invoices.read' } });
  reader = await service.factory.userWith('invoices.read');
  await scratch.write(
    { 'story.ts': story(await snippetsOf(PACKAGE, 'ts')), 'nest.ts': await snippetsOf(PACKAGE, 'ts nest') },
    {
      target: 'es2023',
      lib: ['es2024'],
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      skipLibCheck: true,
      types: ['node'],
    },
  );
});
afterAll(async () => {
  await scratch.remove();
  await service.close();
});

/** The snippets one after the other, with what they take for granted before them, and what is seen of it after them. */
function story(snippets: string): string {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const id = randomUUID();
  const time = String(Math.floor(Date.now() / 1_000));
  const aggregate = { type: 'user', id: '7' };
  const occurredAt = new Date().toISOString();
  const body = JSON.stringify({
    id,
    type: 'user.created',
    version: 1,
    occurredAt,
    aggregate,
    data: { id: 7 },
  });
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`;
  const headers = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature };
  const code = snippets.replaceAll(
    `baseUrl: 'https://id.example.com'`,
    `baseUrl: '${service.api.base}', issuer: 'http://gatehouse.test'`,
  );
  // An event is handed in before the story tells where it comes from.
  const handing = 'access.onEvent(event);\n';
  if (!code.includes(handing)) throw new Error('The README does not hand in events any more');
  return `import { randomUUID } from 'node:crypto';
import { Pool, type PoolClient } from 'pg';
const pool = new Pool({ connectionString: '${service.databaseUrl}', max: 1 });
await pool.query('CREATE TABLE invoice (user_id int NOT NULL)');
const token = '${reader.token}', secret = '${secret}', body = \`${body}\`;
const headers = ${JSON.stringify(headers)};
${code.replace(handing, '')}
${handing}
await durable.once(event.id, async () => console.log('Done'));
console.log((await pool.query('SELECT user_id FROM invoice')).rows);
pool.on('error', () => {});
const other = new Pool({ connectionString: '${service.databaseUrl}', max: 1 });
const broken = pgInbox<PoolClient>(pool, 'invoices').once(randomUUID(), async (client) => {
  await client.query('DELETE FROM invoice');
  const { rows: [row] } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const gone = new Promise((resolve) => client.once('end', resolve));
  await other.query('SELECT pg_terminate_backend($1)', [row?.pid]);
  await gone;
});
console.log(await broken.catch(() => 'Undone'), (await pool.query('SELECT user_id FROM invoice')).rows.length);
await other.end();
await pool.end();
const authorization = \`Bearer \${token}\`;
const answers = await Promise.all(
  ['/invoices', '/me', '/status'].map((url) => app.inject({ url, headers: { authorization } })),
);
console.log(answers.map(({ statusCode }) => statusCode), (await app.inject('/invoices')).statusCode);
console.log((await fast.check(token)).userId === caller.userId);
`;
}

describe('the snippets of the README', () => {
  it('have the right types, also for who checks those of the package strictly', async () => {
    expect(await scratch.typeFaults()).toBe('');
  }, 60_000);

  it('do what they say', async () => {
    const { stdout, stderr } = await run(process.execPath, [scratch.path('story.ts')]);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual([
      `User ${reader.id} may read invoices`,
      'user.created',
      'Done',
      'true false',
      '[ { user_id: 7 } ]',
      'Undone 1',
      '[ 200, 200, 200 ] 401',
      'true',
    ]);
  });
});

describe('the package', () => {
  it('is what was built, without the tests', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: PACKAGE,
    });
    const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const files = packed.files.map(({ path }) => path);
    const entries = ['index', 'nest', 'fastify', 'express'];
    expect(files).toEqual(
      expect.arrayContaining(['README.md', 'package.json', ...entries.map((name) => `dist/${name}.js`)]),
    );
    const expected = /^(README.md|package.json|LICENSE|dist\/[\w-]+\.(js|d\.ts))$/;
    expect(files.filter((file) => !expected.test(file))).toEqual([]);
    const manifest = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as {
      version: string;
      dependencies: object;
    };
    expect(Object.keys(manifest.dependencies)).toEqual(['jose']);
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(manifest.version).toBe(version);
  });

  it('loads without Nest, Fastify and Express', async () => {
    for (const file of ['index', 'express']) {
      const code = await readFile(join(PACKAGE, `dist/${file}.js`), 'utf8');
      expect(code).not.toMatch(/from '(@nestjs|fastify|express)/);
    }
  });
});

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD, type TestUser } from '../support/factory.js';

let service: TestApp;
let administrator: TestUser;
beforeAll(async () => {
  service = await startApp({ env: { WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' } });
  administrator = await service.factory.superAdmin();
  await service.sql(`UPDATE user_identity SET value = 'admin@example.com' WHERE user_id = $1`, [
    administrator.id,
  ]);
});
afterAll(() => service.close());

const blocksOf = (page: string) =>
  Array.from(page.matchAll(/```bash\n([\s\S]*?)```/g), ([, block = '']) => block);

async function tourBlocks(): Promise<string[]> {
  const readme = await readFile('README.md', 'utf8');
  return blocksOf(readme.slice(readme.indexOf('## A first tour'), readme.indexOf('## Configuration')));
}

/** Runs them in one shell against the service; the lines they write. */
async function run(blocks: readonly string[]): Promise<string[]> {
  const script = blocks
    .join('\n')
    .replace("'paste-it-here'", `'${PASSWORD}'`)
    // Other tests run beside this one.
    .replaceAll(/sleep [12]/g, 'sleep 4')
    .replaceAll('http://localhost:3000', service.api.base);
  const flags = ['--norc', '-eu', '-o', 'pipefail', '-c', script];
  const { stdout, stderr } = await promisify(execFile)('bash', flags);
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

describe("the README's tour", () => {
  it('works to the letter', async () => {
    const blocks = await tourBlocks();
    expect(blocks.length).toBeGreaterThan(5);
    const lines = await run(blocks);
    const answers = lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const [me, refused, users] = answers;
    expect(me).toMatchObject({ id: administrator.id });
    expect(refused).toMatchObject({ status: 403, code: 'privilege_required' });
    expect(users).toMatchObject({
      items: [{ id: administrator.id }, { firstName: 'Ada', email: 'ada@example.com' }],
    });
    expect(answers.at(-1)).toMatchObject({ status: 401, code: 'invalid_access_token' });
    // Signed in by a code; the receiver of webhooks has heard of the test.
    expect(lines).toContain('Bearer');
    expect(lines.filter((line) => line.startsWith('webhook.test '))).toHaveLength(1);
    // Nothing but what the tour is about was refused.
    expect(answers.filter(({ status }) => Number(status) >= 400)).toHaveLength(2);
    const login = { username: 'grace@example.com', password: 'a language like English' };
    expect((await service.api.post('/auth/login', { body: login })).status).toBe(200);
  }, 60_000);

  it('is what the guides go on from, to the letter', async () => {
    const [variables = '', signIn = ''] = await tourBlocks();
    const role = `ROLE=$(api $API/roles -d '{ "name": "Reader of guides" }' | json .id)`;
    const privilege = `api -X DELETE $API/privileges/$(api "$API/privileges?limit=100" | json '.items.find((p) => p.name === "reports.read")?.id ?? 0')`;
    const guides = await Promise.all(
      ['docs/access.md', 'docs/lists.md'].map(async (path) => blocksOf(await readFile(path, 'utf8'))),
    );
    expect(guides.map((blocks) => blocks.length)).toEqual([2, 1]);
    const lines = await run([variables, signIn, role, privilege, ...guides.flat()]);
    expect(lines).toContain('{"results":[true]}');
    const names = await service.sql<{ name: string }>(
      'SELECT name FROM privilege WHERE deleted_at IS NULL ORDER BY name',
    );
    expect(lines.slice(-names.length).toSorted()).toEqual(names.map(({ name }) => name));
  });
});

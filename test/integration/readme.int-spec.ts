import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD } from '../support/factory.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' } });
});
afterAll(() => service.close());

describe("the README's tour", () => {
  it('works to the letter', async () => {
    const administrator = await service.factory.superAdmin();
    await service.sql(`UPDATE user_identity SET value = 'admin@example.com' WHERE user_id = $1`, [
      administrator.id,
    ]);
    const readme = await readFile('README.md', 'utf8');
    const tour = readme.slice(readme.indexOf('## A first tour'), readme.indexOf('## Configuration'));
    const blocks = [...tour.matchAll(/```bash\n([\s\S]*?)```/g)].map((match) => match[1]);
    expect(blocks.length).toBeGreaterThan(5);
    const script = blocks
      .join('\n')
      .replace("'paste-it-here'", `'${PASSWORD}'`)
      // Other tests run beside this one.
      .replaceAll(/sleep [12]/g, 'sleep 4')
      .replaceAll('http://localhost:3000', service.api.base);

    const { stdout, stderr } = await promisify(execFile)('bash', [
      '--norc',
      '-eu',
      '-o',
      'pipefail',
      '-c',
      script,
    ]);

    expect(stderr).toBe('');
    const lines = stdout.split('\n').filter(Boolean);
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
});

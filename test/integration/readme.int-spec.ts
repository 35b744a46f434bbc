import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD } from '../support/factory.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
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
      .replaceAll('http://localhost:3000', service.api.base);

    const { stdout, stderr } = await promisify(execFile)('bash', ['-eu', '-o', 'pipefail', '-c', script]);

    expect(stderr).toBe('');
    const answers = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const [me, refused, users, loggedOut] = answers;
    expect(answers).toHaveLength(4);
    expect(me).toMatchObject({ id: administrator.id });
    expect(refused).toMatchObject({ status: 403, code: 'privilege_required' });
    expect(users).toMatchObject({
      items: [{ id: administrator.id }, { firstName: 'Ada', email: 'ada@example.com' }],
    });
    expect(loggedOut).toMatchObject({ status: 401, code: 'invalid_access_token' });
  });
});

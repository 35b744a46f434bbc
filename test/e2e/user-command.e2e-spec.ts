import { UsageError } from '../../src/apps/command.js';
import { userCommand } from '../../src/apps/user-commands.js';
import { PASSWORD } from '../support/factory.js';
import { startApp, type TestApp } from '../support/app.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp();
});
afterAll(() => service.close());

const run = (...args: string[]) => userCommand(args)(service.app);
const tokenIn = (output: string) => /^ {2}(pr_\S{43})$/m.exec(output)?.[1] ?? '';
const idIn = (output: string) => Number(/User (\d+)/.exec(output)?.[1]);
const reset = (token: string) =>
  service.api.post('/auth/password/reset', { body: { token, newPassword: PASSWORD } });
const login = (username: string) =>
  service.api.post('/auth/login', { body: { username, password: PASSWORD } });

function create(...more: string[]): Promise<string> {
  return run('create', '--first-name', 'Grace', '--role', 'SuperAdmin', ...more);
}

/** What a command leaves in the audit log about a user. */
const audited = (id: number) =>
  service.sql<{ action: string; actor_id: number | null }>(
    `SELECT action, actor_id FROM audit_log WHERE subject_type = 'user' AND subject_id = $1 ORDER BY id`,
    [String(id)],
  );

describe('F13: npm run user -- create', () => {
  it('makes a user of any role, sends nothing, and shows a link with which they set a password', async () => {
    const email = service.factory.email();
    const output = await create('--email', email, '--last-name', 'Hopper', '--username', 'grace.hopper');
    const token = tokenIn(output);
    expect(output).toContain(`/invitation#token=${token}\n`);
    expect((await reset(token)).status).toBe(204);
    expect((await login('grace.hopper')).status).toBe(200);
    expect((await audited(idIn(output)))[0]).toEqual({ action: 'user.created', actor_id: null });
    expect(
      await service.sql(
        `SELECT id FROM outbox WHERE type = 'auth.send_invitation' AND (payload ->> 'userId')::int = $1`,
        [idIn(output)],
      ),
    ).toEqual([]);
  });

  it.each([
    [['--email', 'no address'], /email must be an e-mail address|email must be an email/],
    [[], /give email or mobile/],
    [['--email', 'a@example.com', '--username', '4711'], /username must begin with a letter/],
  ])('refuses what the API refuses: %j', async (args, reason) => {
    const before = await service.sql('SELECT id FROM "user"');
    await expect(create(...args)).rejects.toMatchObject({
      members: { errors: [{ message: expect.stringMatching(reason) as string }] },
    });
    expect(await service.sql('SELECT id FROM "user"')).toEqual(before);
  });

  it('refuses a role nobody made and an address that is taken', async () => {
    const email = service.factory.email();
    await expect(run('create', '--first-name', 'X', '--role', 'Emperor', '--email', email)).rejects.toThrow(
      'There is no role Emperor.',
    );
    await create('--email', email);
    await expect(create('--email', email)).rejects.toThrow('identity_taken');
  });
});

describe('F13: npm run user -- reset-password', () => {
  it.each(['id', 'address', 'username'] as const)('knows a user by %s', async (by) => {
    const email = service.factory.email();
    const username = service.factory.unique('known');
    const id = idIn(await create('--email', email, '--username', username));
    const who = { id: String(id), address: email.toUpperCase(), username: username.toUpperCase() }[by];
    const output = await run('reset-password', who);
    expect(idIn(output)).toBe(id);
    expect(output).toContain('/recovery/password#token=pr_');
  });

  it('S54: leaves the password as it is until the link is used; of all links the last is good, once', async () => {
    const user = await service.factory.user();
    const first = tokenIn(await run('reset-password', user.email));
    const second = tokenIn(await run('reset-password', user.email));
    expect((await login(user.email)).status).toBe(200);
    expect((await reset(first)).status).toBe(400);
    expect((await reset(second)).status).toBe(204);
    expect((await reset(second)).status).toBe(400);
    const entries = await audited(user.id);
    expect(entries.filter(({ action }) => action === 'user.password_reset_started')).toEqual([
      { action: 'user.password_reset_started', actor_id: null },
      { action: 'user.password_reset_started', actor_id: null },
    ]);
  });

  it('S54: of many at once one link is good', async () => {
    const user = await service.factory.user();
    const outputs = await Promise.all(Array.from({ length: 6 }, () => run('reset-password', user.email)));
    const answers = await Promise.all(outputs.map(async (output) => (await reset(tokenIn(output))).status));
    expect(answers.filter((status) => status === 204)).toHaveLength(1);
    expect(answers.filter((status) => status === 400)).toHaveLength(5);
  });

  it('makes none for somebody who is disabled, and says so', async () => {
    const user = await service.factory.user({ signIn: false });
    await service.sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);
    await expect(run('reset-password', user.email)).rejects.toThrow(`User ${user.id} is disabled.`);
    expect(await audited(user.id)).toEqual([]);
  });

  it.each(['0', '2147483648', '99999999999999999999', 'nobody', "' OR 1=1 --", '\u001b[2J'])(
    'knows nobody by %j',
    async (who) => {
      await expect(run('reset-password', who)).rejects.toMatchObject({
        spec: { code: 'user_not_found' },
        detail: expect.not.stringContaining('\u001b') as string,
      });
    },
  );
});

describe('F13: npm run user -- unlock', () => {
  it('ends a lock, as the API does', async () => {
    const user = await service.factory.user();
    await service.sql(
      `UPDATE user_auth SET wrong_password_count = 5, account_locked_until = now() + interval '1 hour' WHERE user_id = $1`,
      [user.id],
    );
    expect((await login(user.email)).status).not.toBe(200);
    expect(await run('unlock', user.email)).toBe(`User ${user.id} is unlocked.\n`);
    expect((await login(user.email)).status).toBe(200);
    expect(await audited(user.id)).toContainEqual({ action: 'user.unlocked', actor_id: null });
  });
});

describe('F13: npm run user -- list', () => {
  it('pages through everybody, a line each', async () => {
    const made: number[] = [];
    for (let n = 0; n < 3; n++) made.push(idIn(await create('--email', service.factory.email())));
    const seen: number[] = [];
    for (let after: string | undefined = '0'; after !== undefined;) {
      const page = await run('list', '--limit', '2', '--after', after);
      seen.push(...[...page.matchAll(/^(\d+) {2}/gm)].map(([, id]) => Number(id)));
      after = /--after (\d+)\n$/.exec(page)?.[1];
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(made));
  });

  it('says who they are, for people and for programs', async () => {
    const email = service.factory.email();
    const id = idIn(await create('--email', email, '--last-name', 'Hopper'));
    const after = ['--after', String(id - 1)];
    expect(await run('list', ...after)).toBe(`${id}  Grace Hopper  ${email}  SuperAdmin  active\n`);
    const user = { id, name: 'Grace Hopper', email, mobile: null, role: 'SuperAdmin', state: 'active' };
    expect(JSON.parse(await run('list', '--json', ...after))).toEqual(user);
  });

  it('S95: shows no control code of a name', async () => {
    const user = await service.factory.user();
    await service.sql('UPDATE "user" SET first_name = $2 WHERE id = $1', [user.id, 'Ada\u001b[2J\nroot']);
    const output = await run('list', '--after', String(user.id - 1), '--limit', '1');
    expect(output).toContain(`${user.id}  Ada\\u{1b}[2J\\u{a}root  ${user.email}`);
  });
});

describe('F13: npm run user', () => {
  it.each([
    [],
    ['destroy'],
    ['create'],
    ['create', '--first-name', 'Ada', '--role', 'User', '--password', 'x'],
    ['reset-password'],
    ['reset-password', 'a', 'b'],
    ['unlock', '--all'],
    ['list', '--limit', '0'],
    ['list', '--limit', '101'],
    ['list', '--after', '-1'],
    ['list', 'everybody'],
  ])('explains itself for %j', (...args) => {
    expect(() => userCommand(args)).toThrow(UsageError);
  });
});

import { createContext } from '../../src/app.setup.js';
import { operatorCalled } from '../../src/access/actor.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import type { CommandSite } from '../../src/apps/cli/command-site.js';
import { run as runCli } from '../../src/apps/cli/run.js';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { JobQueues } from '../../src/platform/jobs/job-queues.js';
import { startApp, type TestApp } from '../support/app.js';
import { testConfig } from '../support/config.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD } from '../support/factory.js';
import { signIn, statusOf } from '../support/tokens.js';

let service: TestApp;
beforeAll(async () => {
  // What fails is a dead letter at once.
  service = await startApp({ env: { JOB_ATTEMPTS: '1' } });
});
afterAll(() => service.close());

const said: string[] = [];
const database = async () => createDataSource(service.databaseUrl, allInOne.schema, settings()).initialize();
const settings = (more: Record<string, string> = {}) =>
  testConfig({ DATABASE_URL: service.databaseUrl, ...more });

/** Beside the service, as in a process of its own. */
const site: CommandSite = {
  definition: allInOne,
  environment: 'test',
  operator: operatorCalled('grace'),
  withServices: (work) => work(service.app, settings()),
  withDatabase: async (work) => {
    const dataSource = await database();
    try {
      return await work(dataSource, settings());
    } finally {
      await dataSource.destroy();
    }
  },
  withAddress: (work) =>
    work(
      {
        url: service.databaseUrl,
        directUrl: service.databaseUrl,
        embedded: false,
        dataDir: null,
        stop: async () => {},
      },
      settings(),
    ),
  say: (text) => said.push(text),
};

/** What it prints; fails with what it complains of. */
async function run(...args: string[]): Promise<string> {
  const { out, err, code } = await runCli(args, site);
  if (code !== 0) throw new Error(err);
  return out;
}

const json = async (...args: string[]) => JSON.parse(await run(...args, '--json')) as Record<string, unknown>;
const tokenIn = (output: string) => /^ {2}(pr_\S{43})$/m.exec(output)?.[1] ?? '';
const idIn = (output: string) => Number(/User (\d+)/.exec(output)?.[1]);
const reset = (token: string) =>
  service.api.post('/auth/password/reset', { body: { token, newPassword: PASSWORD } });
const login = (username: string) =>
  service.api.post('/auth/login', { body: { username, password: PASSWORD } });

function create(...more: string[]): Promise<string> {
  return run('user', 'create', '--first-name', 'Grace', '--role', 'SuperAdmin', ...more);
}

/** Who did what a command does. */
const BY_GRACE = { actor_id: null, by: 'system:cli', operator: 'grace' };
/** What a command leaves in the audit log about a user. */
const audited = (id: number) =>
  service.sql<{ action: string; actor_id: number | null; by: string; operator: string }>(
    `SELECT action, actor_id, details ->> 'by' AS by, details ->> 'operator' AS operator
     FROM audit_log WHERE subject_type = 'user' AND subject_id = $1 ORDER BY id`,
    [String(id)],
  );

describe('F13: user create', () => {
  it('makes a user of any role, sends nothing, and shows a link with which they set a password', async () => {
    const email = service.factory.email();
    const output = await create('--email', email, '--last-name', 'Hopper', '--username', 'grace.hopper');
    const token = tokenIn(output);
    expect(output).toContain(`/invitation#token=${token}\n`);
    expect((await reset(token)).status).toBe(204);
    expect((await login('grace.hopper')).status).toBe(200);
    expect((await audited(idIn(output)))[0]).toEqual({ action: 'user.created', ...BY_GRACE });
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
    await expect(create(...args)).rejects.toThrow(reason);
    expect(await service.sql('SELECT id FROM "user"')).toEqual(before);
  });

  it('refuses a role nobody made and an address that is taken', async () => {
    const email = service.factory.email();
    await expect(
      run('user', 'create', '--first-name', 'X', '--role', 'Emperor', '--email', email),
    ).rejects.toThrow('There is no role Emperor.');
    await create('--email', email);
    await expect(create('--email', email)).rejects.toThrow('belongs to another user');
  });
});

describe('F13: user reset-password', () => {
  it.each(['id', 'address', 'username'] as const)('knows a user by %s', async (by) => {
    const email = service.factory.email();
    const username = service.factory.unique('known');
    const id = idIn(await create('--email', email, '--username', username));
    const who = { id: String(id), address: email.toUpperCase(), username: username.toUpperCase() }[by];
    const output = await run('user', 'reset-password', who);
    expect(idIn(output)).toBe(id);
    expect(output).toContain('/recovery/password#token=pr_');
  });

  it('S54: leaves the password as it is until the link is used; of all links the last is good, once', async () => {
    const user = await service.factory.user();
    const first = tokenIn(await run('user', 'reset-password', user.email));
    const second = tokenIn(await run('user', 'reset-password', user.email));
    expect((await login(user.email)).status).toBe(200);
    expect((await reset(first)).status).toBe(400);
    expect((await reset(second)).status).toBe(204);
    expect((await reset(second)).status).toBe(400);
    const entries = await audited(user.id);
    expect(entries.filter(({ action }) => action === 'user.password_reset_started')).toEqual([
      { action: 'user.password_reset_started', ...BY_GRACE },
      { action: 'user.password_reset_started', ...BY_GRACE },
    ]);
  });

  it('S54: of many at once one link is good', async () => {
    const user = await service.factory.user();
    const outputs = await Promise.all(
      Array.from({ length: 6 }, () => run('user', 'reset-password', user.email)),
    );
    const answers = await Promise.all(outputs.map(async (output) => (await reset(tokenIn(output))).status));
    expect(answers.filter((status) => status === 204)).toHaveLength(1);
    expect(answers.filter((status) => status === 400)).toHaveLength(5);
  });

  it('makes none for somebody who is disabled, and says so', async () => {
    const user = await service.factory.user({ signIn: false });
    await service.sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);
    await expect(run('user', 'reset-password', user.email)).rejects.toThrow(`User ${user.id} is disabled.`);
    expect(await audited(user.id)).toEqual([]);
  });

  it.each(['0', '2147483648', '99999999999999999999', 'nobody', "' OR 1=1 --", '\u001b[2J'])(
    'knows nobody by %j',
    async (who) => {
      const { err, code } = await runCli(['user', 'reset-password', '--json', '--', who], site);
      expect(code).toBe(1);
      expect(JSON.parse(err)).toEqual({
        error: { code: 'user_not_found', message: expect.not.stringContaining('\u001b') as string },
      });
    },
  );
});

describe('F13: user unlock', () => {
  it('ends a lock, as the API does', async () => {
    const user = await service.factory.user();
    await service.sql(
      `UPDATE user_auth SET wrong_password_count = 5, account_locked_until = now() + interval '1 hour' WHERE user_id = $1`,
      [user.id],
    );
    expect((await login(user.email)).status).not.toBe(200);
    expect(await run('user', 'unlock', user.email)).toBe(`User ${user.id} is unlocked.\n`);
    expect((await login(user.email)).status).toBe(200);
    expect(await audited(user.id)).toContainEqual({ action: 'user.unlocked', ...BY_GRACE });
  });
});

describe('F13: user list', () => {
  it('pages through everybody, a line each', async () => {
    const made: number[] = [];
    for (let n = 0; n < 3; n++) made.push(idIn(await create('--email', service.factory.email())));
    const seen: number[] = [];
    for (let after: string | undefined = '0'; after !== undefined;) {
      const page = await run('user', 'list', '--limit', '2', '--after', after);
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
    expect(await run('user', 'list', ...after)).toBe(`${id}  Grace Hopper  ${email}  SuperAdmin  active\n`);
    const user = { id, name: 'Grace Hopper', email, mobile: null, role: 'SuperAdmin', state: 'active' };
    expect(await json('user', 'list', ...after)).toEqual({ items: [user], next: null });
    expect(await json('user', 'show', email)).toMatchObject({ ...user, sessions: 0 });
  });

  it('S95: shows no control code of a name', async () => {
    const user = await service.factory.user();
    await service.sql('UPDATE "user" SET first_name = $2 WHERE id = $1', [user.id, 'Ada\u001b[2J\nroot']);
    const output = await run('user', 'list', '--after', String(user.id - 1), '--limit', '1');
    expect(output).toContain(`${user.id}  Ada\\u{1b}[2J\\u{a}root  ${user.email}`);
  });
});

describe('F13: user disable, enable, delete', () => {
  it('keeps a user out at once, lets them in again, and deletes them; doing it twice does it once', async () => {
    const user = await service.factory.user();
    expect(await statusOf(service.api, user.token)).toBe(200);
    expect(await run('user', 'disable', user.email)).toBe(`User ${user.id} is disabled.\n`);
    expect(await statusOf(service.api, user.token)).toBe(401);
    await run('user', 'disable', user.email);
    expect((await login(user.email)).status).toBe(401);
    expect(await json('user', 'enable', user.email)).toEqual({ id: user.id, state: 'active' });
    expect((await login(user.email)).status).toBe(200);
    expect(await run('user', 'delete', user.email)).toBe(`User ${user.id} is deleted.\n`);
    expect((await login(user.email)).status).toBe(401);
    await expect(run('user', 'delete', user.email)).rejects.toThrow('There is no user');
    const entries = (await audited(user.id)).filter(({ by }) => by !== null);
    for (const { by, operator } of entries)
      expect({ by, operator }).toEqual({ by: 'system:cli', operator: 'grace' });
    const actions = entries.map(({ action }) => action);
    for (const action of ['user.disabled', 'session.revoked', 'user.deleted'])
      expect(actions.filter((name) => name === action).length).toBe(action === 'session.revoked' ? 2 : 1);
  });

  it('of many at once deletes once', async () => {
    const user = await service.factory.user({ signIn: false });
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => runCli(['user', 'delete', String(user.id)], site)),
    );
    expect(outcomes.filter(({ code }) => code === 0)).toHaveLength(1);
  });
});

describe('F13: role', () => {
  it('grants and revokes a privilege, for the next request of everybody with the role', async () => {
    const held = async () =>
      ((await json('role', 'list')) as { items: { name: string; privileges: string[] }[] }).items.find(
        ({ name }) => name === 'Staff',
      )?.privileges;
    const before = await held();
    for (let n = 0; n < 2; n++)
      expect(await run('role', 'grant', 'Staff', 'users.unlock')).toContain('users.unlock');
    expect(await held()).toEqual(expect.arrayContaining(['users.unlock']));
    await run('role', 'revoke', 'Staff', 'users.unlock');
    expect(await held()).toEqual(before);
    const entries = await service.sql(
      `SELECT details FROM audit_log WHERE action = 'role.privileges_changed' ORDER BY id`,
    );
    const by = { by: 'system:cli', operator: 'grace' };
    expect(entries).toEqual([
      { details: { granted: ['users.unlock'], revoked: [], ...by } },
      { details: { granted: [], revoked: ['users.unlock'], ...by } },
    ]);
  });

  it.each([
    ['SuperAdmin', 'users.read', 'SuperAdmin always holds every privilege'],
    ['Emperor', 'users.read', 'There is no role Emperor.'],
    ['Staff', 'users.crown', 'There is no privilege users.crown.'],
  ])('refuses to grant %s %s', async (role, privilege, reason) => {
    await expect(run('role', 'grant', role, privilege)).rejects.toThrow(reason);
  });
});

describe('F13: session', () => {
  it('ends one session of a user, or all of them', async () => {
    const user = await service.factory.user();
    const second = await signIn(service.api, user.email);
    const { items } = (await json('session', 'list', user.email)) as { items: { id: number }[] };
    expect(items).toHaveLength(2);
    const [newest] = items;
    await run('session', 'end', user.email, '--id', String(newest?.id));
    expect(await statusOf(service.api, second.access)).toBe(401);
    expect(await statusOf(service.api, user.token)).toBe(200);
    await expect(run('session', 'end', user.email, '--id', String(newest?.id))).rejects.toThrow(
      'no such session',
    );
    await run('session', 'end', user.email);
    expect(await statusOf(service.api, user.token)).toBe(401);
    expect(await run('session', 'list', user.email)).toBe('They are signed in nowhere.\n');
    expect((await audited(user.id)).filter(({ action }) => action === 'session.revoked')).toEqual([
      { action: 'session.revoked', ...BY_GRACE },
      { action: 'session.revoked', ...BY_GRACE },
    ]);
  });
});

describe('F13: keys', () => {
  it('publishes the next key once and withdraws it, audited', async () => {
    const { kid } = (await json('keys', 'rotate')) as { kid: string };
    expect((await json('keys', 'rotate')).kid).toBe(kid);
    expect(await run('keys', 'list')).toContain(`${kid}  RS256  pending`);
    expect(await run('keys', 'withdraw', kid)).toBe(`${kid} is withdrawn.\n`);
    await expect(run('keys', 'withdraw', kid)).rejects.toThrow(`There is no published key ${kid}.`);
    expect(
      await service.sql(
        `SELECT action, actor_id, details ->> 'by' AS by, details ->> 'operator' AS operator
         FROM audit_log WHERE subject_id = $1 ORDER BY id`,
        [kid],
      ),
    ).toEqual([
      { action: 'signing_key.published', ...BY_GRACE },
      { action: 'signing_key.withdrawn', ...BY_GRACE },
    ]);
  });
});

describe('F13: jobs', () => {
  it('shows dead letters and has all of them tried again', async () => {
    const queues = service.app.get(JobQueues);
    await queues.addAll([
      { queue: 'maintenance', handler: 'test.unknown', eventId: 'letter\u001b', data: {} },
    ]);
    await eventually(async () => (await queues.deadLetters()).length === 1, 10_000);
    expect((await json('jobs', 'counts')).maintenance).toMatchObject({ failed: 1 });
    expect(await run('jobs', 'dead')).toMatch(/letter\\u\{1b\}[^]*queue maintenance/);
    const id = (await queues.deadLetters())[0]?.id ?? '';
    expect(await json('jobs', 'retry', id)).toEqual({ id });
    await eventually(async () => (await queues.deadLetters()).length === 1, 10_000);
    expect(await run('jobs', 'retry-all')).toBe('1 dead letters are tried again.\n');
    await expect(run('jobs', 'retry', 'nothing')).rejects.toThrow('There is no dead letter nothing.');
    const audit = await service.sql(
      `SELECT details ->> 'operator' AS operator FROM audit_log WHERE action = 'job.retried'`,
    );
    expect(audit).toEqual([{ operator: 'grace' }, { operator: 'grace' }]);
  });
});

describe('F13: migrate and seed', () => {
  it('find nothing to do in a database that is up to date, and demo users are added once', async () => {
    expect(await json('migrate', '--pending')).toEqual({ pending: [] });
    expect(await json('migrate')).toEqual({ migrations: [], administrator: null });
    expect(await json('seed', '--demo')).toMatchObject({ added: 200 });
    expect(await json('seed', '--demo')).toMatchObject({ added: 0 });
  });
});

describe('F13: installation', () => {
  it('makes a copy an installation of its own, audited', async () => {
    const { id: former } = await json('installation', 'show');
    const { id } = await json('installation', 'renew');
    expect(id).not.toBe(former);
    expect(await run('installation', 'show')).toContain(String(id));
    expect(
      await service.sql(
        `SELECT details FROM audit_log WHERE action = 'installation.renewed' AND subject_id = $1`,
        [id],
      ),
    ).toEqual([{ details: { former, by: 'system:cli', operator: 'grace' } }]);
    await expect(run('installation', 'take-over')).rejects.toThrow('REDIS_URL is not set');
  });
});

describe('F13: a command beside a service that stops', () => {
  it('does its work to the end', async () => {
    const user = await service.factory.user({ signIn: false });
    const other = await startApp({ databaseUrl: service.databaseUrl });
    const context = await createContext(allInOne, settings({ WORKER: 'off' }), await database());
    try {
      const beside = { ...site, withServices: (work) => work(context, settings()) } satisfies CommandSite;
      const [outcome] = await Promise.all([runCli(['user', 'disable', user.email], beside), other.close()]);
      expect(outcome).toEqual({ out: `User ${user.id} is disabled.\n`, err: '', code: 0 });
    } finally {
      await context.close();
    }
  });
});

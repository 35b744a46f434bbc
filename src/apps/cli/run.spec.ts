import { operatorCalled } from '../../access/actor.js';
import { version } from '../../common/version.js';
import { DatabaseUnreachable } from '../../platform/database/connect.js';
import { RoleNameTaken } from '../../roles/role.errors.js';
import { allInOne } from '../all-in-one.js';
import type { CommandSite } from './command-site.js';
import { COMMANDS } from './registry.js';
import { run } from './run.js';

/** Where whatever is asked of service or database fails with `error`. */
function siteWith(error: Error): CommandSite {
  const fail = async () => {
    throw error;
  };
  return {
    definition: allInOne,
    environment: 'test',
    operator: operatorCalled('grace'),
    withServices: fail,
    withDatabase: fail,
    withAddress: fail,
    say: () => undefined,
  };
}

/** For what is refused before anything is asked. */
const nowhere = siteWith(new Error('asked for what was refused'));

describe('F13: the command line', () => {
  it.each([
    [],
    ['destroy'],
    ['user'],
    ['user', 'destroy'],
    ['user', 'create'],
    ['user', 'create', '--first-name', 'Ada', '--role', 'User', '--password', 'x'],
    ['user', 'create', '--first-name', 'Ada', '--first-name', 'Grace', '--role', 'User'],
    ['user', 'reset-password'],
    ['user', 'reset-password', ''],
    ['user', 'reset-password', 'a', 'b'],
    ['user', 'unlock', '--all'],
    ['user', 'list', '--limit', '0'],
    ['user', 'list', '--limit', '101'],
    ['user', 'list', '--limit'],
    ['user', 'list', '--after', '-1'],
    ['user', 'list', '--after', '1e3'],
    ['user', 'list', '--after', '2147483648'],
    ['user', 'list', 'everybody'],
    ['role', 'grant', 'Staff'],
    ['session', 'end', 'ada', '--id', '0'],
    ['keys', 'withdraw'],
    ['jobs', 'retry'],
    ['doctor', 'now'],
  ])('explains itself and exits with 2 for %j', async (...args) => {
    const { out, err, code } = await run(args, nowhere);
    expect({ out, code }).toEqual({ out: '', code: 2 });
    expect(err).toContain('npm run cli -- ');
    expect(err).not.toContain('asked for');
  });

  it.each(COMMANDS.map(({ name }) => name))(
    'shows how %s is called, where that is asked for',
    async (name) => {
      for (const help of ['--help', '-h']) {
        const { out, err, code } = await run([...name.split(' '), help], nowhere);
        expect({ err, code }).toEqual({ err: '', code: 0 });
        expect(out).toMatch(new RegExp(`^npm run cli -- ${name}\\b`));
      }
    },
  );

  it('shows everything with --help alone, those of a noun with its name, and the version', async () => {
    const { out } = await run(['--help'], nowhere);
    for (const { name } of COMMANDS) expect(out).toContain(`npm run cli -- ${name}`);
    expect((await run(['role', '--help'], nowhere)).out).not.toContain('user create');
    expect(await run(['--version'], nowhere)).toEqual({ out: `${version}\n`, err: '', code: 0 });
  });

  it('names every command once', () => {
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
  });

  it.each([
    ['a control code', '\u001b[2J', /\\u\{1b\}/],
    ['a line end', 'a\nb', /a\\u\{a\}b/],
    ['very much', 'x'.repeat(100_000), /x{200}…/],
  ])('S95: repeats %s safely', async (_, text, expected) => {
    for (const args of [[text], ['user', text], ['user', 'list', text], ['user', 'list', `--${text}`]]) {
      const { err, code } = await run(args, nowhere);
      expect(code).toBe(2);
      expect(err).toMatch(args.at(-1)?.startsWith('--') ? /Unknown option/ : expected);
      expect(err).not.toContain('\u001b');
      expect(err.split('\n', 1)[0]?.length).toBeLessThan(500);
    }
  });

  it('says in one line why it failed and exits with 1', async () => {
    const error = new DatabaseUnreachable('db:5432/gatehouse', 1, new Error('refused'));
    expect(await run(['user', 'list'], siteWith(error))).toEqual({
      out: '',
      err: `${error.message}\n`,
      code: 1,
    });
  });

  it('says where a fault of the program came from', async () => {
    const { err, code } = await run(['user', 'list'], siteWith(new TypeError('no handle')));
    expect(err).toMatch(/^That failed: TypeError: no handle\n +at /);
    expect(code).toBe(1);
  });

  it.each([
    [['user', 'list', '--limit', '0'], new Error('never asked'), 'usage', 2],
    [['destroy'], new Error('never asked'), 'usage', 2],
    [['user', 'list'], new RoleNameTaken(), 'role_name_taken', 1],
    [['user', 'list'], new DatabaseUnreachable('db:5432/x', 1, new Error('refused')), 'failed', 1],
    [['user', 'list'], new TypeError('no handle'), 'internal', 1],
  ] as const)('tells programs in JSON why %j failed', async (args, error, code, exit) => {
    const outcomes = [
      await run([...args, '--json'], siteWith(error)),
      await run(['--json', ...args], siteWith(error)),
    ];
    for (const outcome of outcomes) {
      expect({ out: outcome.out, code: outcome.code }).toEqual({ out: '', code: exit });
      expect(JSON.parse(outcome.err)).toEqual({ error: { code, message: expect.any(String) as string } });
    }
  });
});

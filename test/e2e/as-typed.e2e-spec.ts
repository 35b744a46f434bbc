import { startApp, type TestApp } from '../support/app.js';
import { PASSWORD, type TestUser } from '../support/factory.js';

interface Problem {
  readonly code: string;
  readonly errors: readonly { readonly field: string; readonly rule: string }[];
}

let service: TestApp;
let admin: TestUser;
beforeAll(async () => {
  service = await startApp({ env: { DEFAULT_REGION: 'DE', OTP_RESEND_SECONDS: '0' } });
  admin = await service.factory.superAdmin();
});
afterAll(() => service.close());

const post = <Body>(path: string, body: unknown, token?: string) =>
  service.api.post<Body>(path, { body, ...(token !== undefined && { token }) });
const login = async (username: string) =>
  (await post('/auth/login', { username, password: PASSWORD })).status;

describe('F21: what people type', () => {
  it('registers and signs in with a mobile number in any spelling, and a code in groups', async () => {
    const { body } = await post<{ challengeId: string }>('/auth/register', {
      firstName: 'Ada',
      mobile: '(0151) 2345 67-89',
      password: PASSWORD,
    });
    const { code = '' } = await service.messageTo('+4915123456789');
    const grouped = `${code.slice(0, 3)} ${code.slice(3)}`;
    expect((await post('/auth/verify', { challengeId: body.challengeId, code: grouped })).status).toBe(204);
    for (const spelling of ['+4915123456789', '0049 151 23456789', '0151/23456789', '+49 (0)151 23456789'])
      expect([spelling, await login(spelling)]).toEqual([spelling, 200]);

    const asked = await post<{ challengeId: string }>('/auth/otp/request', { identifier: '0151 23456789' });
    const { code: next = '' } = await service.messageTo('+4915123456789', 2);
    const dashed = `${next.slice(0, 3)}-${next.slice(3)}`;
    const challengeId = asked.body.challengeId;
    expect((await post('/auth/otp/login', { challengeId, code: dashed })).status).toBe(200);
  });

  it('takes one number in two spellings for one', async () => {
    const roleId = await service.factory.roleId('User');
    const create = async (mobile: string) =>
      (await post('/users', { firstName: 'Ada', roleId, mobile }, admin.token)).status;
    expect([await create('0160 1234567'), await create('+49 160 1234567')]).toEqual([201, 409]);
  });

  it('keeps an international domain in its xn-- form and finds it in either', async () => {
    const roleId = await service.factory.roleId('User');
    const create = (email: string) =>
      post<{ email: string }>('/users', { firstName: 'Ada', roleId, email }, admin.token);
    const made = await create('Ada@B\u00dcCHER.example');
    expect([made.status, made.body.email]).toEqual([201, 'ada@xn--bcher-kva.example']);
    expect((await create('ada@xn--bcher-kva.example')).status).toBe(409);
    await service.sql(`UPDATE user_identity SET is_verified = true WHERE value LIKE 'ada@xn--%'`);
    expect((await post('/auth/password/forgot', { identifier: 'ada@bücher.example' })).status).toBe(202);
    await service.messageTo('ada@xn--bcher-kva.example', 2);
  });
});

describe('A12, S108: a lone surrogate', () => {
  const BAD = ['\ud800', 'ada@\udfff.example', 'ada\ud83d@example.com', `${PASSWORD}\udc00`];

  it.each(BAD)('answers 400 wherever it is sent: %j', async (bad) => {
    const requests: [string, unknown, string?][] = [
      ['/auth/login', { username: bad, password: PASSWORD }],
      ['/auth/login', { username: 'ada', password: bad }],
      ['/auth/register', { firstName: 'Ada', email: bad, password: PASSWORD }],
      ['/auth/register', { firstName: bad, email: 'a@example.com', password: PASSWORD }],
      ['/auth/register', { firstName: 'Ada', email: 'a@example.com', password: bad }],
      ['/auth/register', { firstName: 'Ada', mobile: bad, password: PASSWORD }],
      ['/auth/otp/request', { identifier: bad }],
      ['/auth/password/forgot', { identifier: bad }],
      ['/auth/password/reset', { token: 'pr_x', newPassword: bad }],
      ['/auth/password/change', { currentPassword: PASSWORD, newPassword: bad }, admin.token],
      ['/auth/refresh', { refresh_token: bad }],
      ['/users', { firstName: 'Ada', roleId: 1, email: bad }, admin.token],
      ['/users/me/identities', { email: bad }, admin.token],
      ['/roles', { name: bad }, admin.token],
      ['/privileges', { name: bad }, admin.token],
      ['/webhooks', { url: bad, events: [bad] }, admin.token],
      ['/access/check', { checks: [{ privilege: bad }] }, admin.token],
    ];
    for (const [path, body, token] of requests) {
      const { status, body: problem } = await post<Problem>(path, body, token);
      expect([path, status, problem.errors.map(({ rule }) => rule)]).toEqual([
        path,
        400,
        problem.errors.map(() => 'isWellFormed'),
      ]);
    }
  });

  it('makes no two passwords one', async () => {
    const user = await service.factory.user();
    const { status } = await post<Problem>('/auth/login', {
      username: user.email,
      password: `${PASSWORD}\ud800`,
    });
    expect(status).toBe(400);
  });
});

describe('A18, S108: a look-alike', () => {
  it.each([
    'SuperAdmin\u200b',
    'Super\u00adAdmin',
    'ＳｕｐｅｒＡｄｍｉｎ',
    'Super\u0410dmin',
    'super\u2060ADMIN',
    'ＡＤＭＩＮ',
    '\u0421taff'.replace('\u0421', '\u0405'),
    'Us\u0435r',
    '\u200eUser',
  ])('of a system role is taken: %j', async (name) => {
    const { status, body } = await post<Problem>('/roles', { name }, admin.token);
    expect([status, body.code]).toEqual([409, 'role_name_taken']);
    const own = await post<{ id: number }>('/roles', { name: service.factory.unique('role') }, admin.token);
    const renamed = await service.api.patch(`/roles/${own.body.id}`, { token: admin.token, body: { name } });
    expect(renamed.status).toBe(409);
  });

  it('of any other role is taken as well', async () => {
    expect((await post('/roles', { name: 'Night shift' }, admin.token)).status).toBe(201);
    for (const name of ['night\u00a0shift', 'Nіght shift', 'Night\u200d shift', 'NIGHT  SHIFT'])
      expect((await post('/roles', { name }, admin.token)).status).toBe(409);
  });

  it('is no privilege and no username: both are of ASCII letters', async () => {
    for (const name of ['users.read\u200b', 'users\u00ad.read', 'ｕsers.read', 'us\u0435rs.read'])
      expect((await post('/privileges', { name }, admin.token)).status).toBe(400);
    const roleId = await service.factory.roleId('User');
    for (const username of ['admin\u200b', 'ａdmin', '\u0430dmin', 'ad\u00admin']) {
      const body = { firstName: 'Ada', roleId, email: service.factory.email(), username };
      expect((await post('/users', body, admin.token)).status).toBe(400);
    }
  });
});

describe('F21: a name of nothing to see', () => {
  it('is refused for people, roles and what describes them', async () => {
    const roleId = await service.factory.roleId('User');
    const email = service.factory.email();
    for (const nothing of ['\u200b', '\u00ad\u2060', '\u3164', '\u2800']) {
      const ruleOf = async (path: string, body: unknown) =>
        (await post<Problem>(path, body, admin.token)).body.errors.map(({ rule }) => rule);
      expect(await ruleOf('/users', { firstName: nothing, roleId, email })).toEqual(['isVisible']);
      expect(await ruleOf('/roles', { name: nothing })).toEqual(['isVisible']);
      expect(await ruleOf('/roles', { name: 'x', description: nothing })).toEqual(['isVisible']);
    }
  });
});

import { anEvent, FakeGatehouse } from '../test/fake-gatehouse.js';
import { createAccess } from './access.js';
import { AccessUnavailable, InvalidAccessToken, PrivilegeRequired } from './errors.js';
import type { AccessOptions } from './options.js';
import { RevocationList } from './revocation-list.js';

const CHECK = '/api/v1/access/check';
const VALIDATE = '/api/v1/auth/validate';

let gatehouse: FakeGatehouse;
beforeEach(async () => {
  gatehouse = await FakeGatehouse.start();
  gatehouse.privileges.set(42, new Set(['invoices.read', 'invoices.write']));
});

const asked = (path = CHECK) => gatehouse.requests.filter((one) => one === path).length;
const untilAsked = async () => {
  while (asked() === 0) await new Promise(setImmediate);
};
const accessTo = (options: Partial<AccessOptions> = {}) => createAccess({ ...gatehouse.options, ...options });

describe('what a caller may do', () => {
  it('is what Gatehouse says of each privilege', async () => {
    const access = accessTo();
    const token = await gatehouse.token();
    await expect(access.check(token, ['invoices.read', 'invoices.write'])).resolves.toMatchObject({
      userId: 42,
    });
    await expect(access.check(token, ['invoices.read', 'invoices.delete'])).rejects.toMatchObject({
      status: 403,
      privilege: 'invoices.delete',
    });
    await expect(access.checkHeader(`bearer ${token}`, ['invoices.read'])).resolves.toMatchObject({
      userId: 42,
    });
  });

  it('is asked once for all requests that come together, and for some seconds', async () => {
    const access = accessTo();
    const token = await gatehouse.token();
    const one = () => access.check(token, ['invoices.read']);
    const other = () => access.check(token, ['invoices.write', 'invoices.read']);
    await Promise.all([one(), other(), one(), other()]);
    await one();
    expect(asked()).toBe(1);
    gatehouse.pass(5);
    await one();
    expect(asked()).toBe(2);
  });

  it('is asked with the token of each caller', async () => {
    const access = accessTo();
    const [mine, theirs] = [await gatehouse.tokenOf(42), await gatehouse.tokenOf(43)];
    const results = await Promise.allSettled(
      [mine, theirs].map((token) => access.check(token, ['invoices.read'])),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(asked()).toBe(2);
  });

  it('is asked in requests of a hundred at most', async () => {
    const access = accessTo();
    const names = Array.from({ length: 250 }, (_, index) => `reports.r${index}`);
    gatehouse.privileges.set(42, new Set(names));
    await access.check(await gatehouse.token(), names);
    expect(asked()).toBe(3);
  });

  it('is answered for all that is well asked, though something else is no name of a privilege', async () => {
    const access = accessTo();
    const token = await gatehouse.token();
    const [good, bad] = await Promise.allSettled([
      access.check(token, ['invoices.read']),
      access.check(token, ['Invoices Read']),
    ]);
    expect([good.status, bad]).toEqual(['fulfilled', { status: 'rejected', reason: expect.any(TypeError) }]);
  });

  it('is seen within five seconds of a change, counted from the question', async () => {
    const access = accessTo();
    const token = await gatehouse.token();
    await access.verify(token);
    let answer = () => {};
    gatehouse.gate = new Promise((resolve) => (answer = resolve));
    const first = access.check(token, ['invoices.read']);
    await untilAsked();
    gatehouse.pass(3);
    answer();
    await first;
    gatehouse.privileges.clear();
    gatehouse.pass(1.9);
    await access.check(token, ['invoices.read']);
    gatehouse.pass(0.1);
    await expect(access.check(token, ['invoices.read'])).rejects.toThrow(PrivilegeRequired);
  });

  it.each([
    ['role.privileges_changed', { id: 4, granted: [], revoked: ['invoices.read'] }],
    ['user.updated', { id: 42, roleId: 4, isActive: true, changed: ['roleId'] }],
    ['user.updated', { id: 42, of: 'a later version' }],
  ])('is asked again at once after the event %s', async (type, data) => {
    const access = accessTo();
    const token = await gatehouse.token();
    await access.check(token, ['invoices.read']);
    gatehouse.privileges.clear();
    access.onEvent(anEvent('user.updated', { id: 42, changed: ['firstName'] }, gatehouse.time));
    await access.check(token, ['invoices.read']);
    access.onEvent(anEvent(type, data, gatehouse.time));
    await expect(access.check(token, ['invoices.read'])).rejects.toThrow(PrivilegeRequired);
  });

  it('that was on its way when the event came counts for nobody who asks after it', async () => {
    const access = accessTo();
    const token = await gatehouse.token();
    await access.verify(token);
    let answer = () => {};
    gatehouse.gate = new Promise((resolve) => (answer = resolve));
    const before = access.check(token, ['invoices.read']);
    await untilAsked();
    access.onEvent(anEvent('role.privileges_changed', { id: 4 }, gatehouse.time));
    const after = access.check(token, ['invoices.read']);
    answer();
    await Promise.all([before, after]);
    expect(asked()).toBe(2);
  });
});

describe('a session that has ended', () => {
  it('is refused within five seconds, with privileges and without', async () => {
    const access = accessTo();
    const token = await gatehouse.token();
    await access.check(token, ['invoices.read']);
    await access.check(token);
    gatehouse.endedSessions.add(1071);
    gatehouse.pass(5);
    await expect(access.check(token, ['invoices.read'])).rejects.toThrow(InvalidAccessToken);
    await expect(access.check(token)).rejects.toThrow(InvalidAccessToken);
  });

  it('is found out by introspection where there is a token to ask with', async () => {
    const service = await gatehouse.tokenOf(7, 1);
    const access = accessTo({ serviceToken: () => service });
    const token = await gatehouse.token();
    await Promise.all([access.check(token), access.check(token)]);
    await access.check(token);
    expect([asked(VALIDATE), asked()]).toEqual([1, 0]);
    gatehouse.endedSessions.add(1071);
    gatehouse.pass(5);
    await expect(access.check(token)).rejects.toThrow(InvalidAccessToken);
  });

  it('is refused at once where events tell of it, and nothing has to be asked of the others', async () => {
    const revocations = new RevocationList({ now: () => gatehouse.time });
    revocations.connected();
    const access = accessTo({ revocations });
    gatehouse.pass(60);
    const token = await gatehouse.token();
    const other = await gatehouse.tokenOf(43, 1072);
    await access.check(token, ['invoices.read']);
    access.onEvent(
      anEvent('session.revoked', { userId: 42, sessionIds: [1071], reason: 'logout' }, gatehouse.time),
    );
    await expect(access.check(token, ['invoices.read'])).rejects.toThrow(InvalidAccessToken);
    await expect(access.check(token)).rejects.toThrow(InvalidAccessToken);
    await access.check(other);
    expect(asked()).toBe(1);
  });
});

describe('without Gatehouse', () => {
  it.each([
    ['is away', () => Promise.reject(new TypeError('fetch failed'))],
    ['answers 500', () => new Response('{}', { status: 500 })],
    ['answers 429', () => new Response('{}', { status: 429, headers: { 'retry-after': '17' } })],
    ['answers something else', () => Response.json({ results: 'yes' })],
    ['answers too little', () => Response.json({ results: [] })],
    ['answers a page', () => new Response('<html>')],
  ])('that %s, nobody is let in, whom the last answer does not cover', async (_, fault) => {
    const seen: AccessUnavailable[] = [];
    const access = accessTo({ onUnavailable: (error) => seen.push(error) });
    const token = await gatehouse.token();
    await access.check(token, ['invoices.read']);
    gatehouse.fault = fault;
    await access.check(token, ['invoices.read']);
    gatehouse.pass(5);
    await expect(access.check(token, ['invoices.read'])).rejects.toThrow(AccessUnavailable);
    expect(seen).toHaveLength(1);
    gatehouse.fault = undefined;
    await access.check(token, ['invoices.read']);
  });

  it('says when to try again, and nothing of the reason', async () => {
    const access = accessTo();
    const token = await gatehouse.token();
    await access.verify(token);
    gatehouse.fault = () => new Response('secret', { status: 503, headers: { 'retry-after': '17' } });
    const error = await access.check(token, ['invoices.read']).catch((one: unknown) => one);
    expect(error).toMatchObject({ status: 503, headers: { 'Retry-After': '17' } });
    expect((error as AccessUnavailable).reason).toContain('503');
    expect(JSON.stringify((error as AccessUnavailable).problem)).not.toContain('secret');
  });

  it('waits two seconds for an answer at most', async () => {
    const access = accessTo({
      timeout: 20,
      fetch: (_, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
        }),
    });
    await expect(access.verify(await gatehouse.token())).rejects.toThrow(AccessUnavailable);
  });
});

describe('a user without a token', () => {
  it('is asked about with the token of the service, all in one request', async () => {
    const service = await gatehouse.tokenOf(7, 1);
    const access = accessTo({ serviceToken: async () => service });
    const users = [42, 42, 43];
    const results = await Promise.allSettled(users.map((id) => access.checkUser(id, ['invoices.read'])));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(asked()).toBe(1);
  });

  it('is not let in by a token of the service that is refused or may not ask', async () => {
    const service = await gatehouse.tokenOf(7, 1);
    const access = accessTo({ serviceToken: () => service });
    gatehouse.fault = () => new Response('{}', { status: 403 });
    await expect(access.checkUser(42, ['invoices.read'])).rejects.toMatchObject({
      reason: expect.stringContaining('access.check'),
    });
    gatehouse.fault = undefined;
    gatehouse.endedSessions.add(1);
    gatehouse.pass(5);
    await expect(access.checkUser(42, ['invoices.read'])).rejects.toThrow(AccessUnavailable);
    await expect(access.check(await gatehouse.token())).rejects.toThrow(AccessUnavailable);
  });

  it('needs one', async () => {
    await expect(accessTo().checkUser(42, ['invoices.read'])).rejects.toThrow('serviceToken');
  });

  it.each<[unknown, unknown]>([
    [undefined, ['invoices.read']],
    [null, ['invoices.read']],
    ['42', ['invoices.read']],
    [Number.NaN, ['invoices.read']],
    [0, ['invoices.read']],
    [42, []],
    [42, undefined],
    [42, ['Invoices Read']],
  ])('is never the one of the service, nor let in by asking nothing: %j, %j', async (userId, privileges) => {
    gatehouse.privileges.set(7, new Set(['invoices.read']));
    const service = await gatehouse.tokenOf(7, 1);
    const access = accessTo({ serviceToken: () => service });
    const checking = access.checkUser(userId as number, privileges as [string]);
    await expect(checking).rejects.toThrow(TypeError);
    expect(asked()).toBe(0);
  });
});

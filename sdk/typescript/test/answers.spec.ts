import { Gatehouse, type GatehouseOptions, isProblem, ProblemError } from '@gatehouse/client';
import {
  problem,
  type ScriptedAnswer,
  type ScriptedServer,
  scriptedServer,
  type SeenRequest,
} from './scripted-server.js';

let server: ScriptedServer;
afterEach(() => server.close());

type Script = (request: SeenRequest, count: number) => ScriptedAnswer | undefined;

async function clientOf(script: Script, options: Partial<GatehouseOptions> = {}): Promise<Gatehouse> {
  server = await scriptedServer(script);
  return new Gatehouse({ baseUrl: server.url, accessToken: 'token', ...options });
}

const ROLE = { id: 5, name: 'editors', description: null, isSystem: false, createdAt: '', updatedAt: '' };
const path = { id: 5 };
const busy = (retryAfter: string): ScriptedAnswer => ({
  ...problem(503, 'server_busy'),
  headers: { 'retry-after': retryAfter },
});

const bodyOf = ({ body = '' }: ScriptedAnswer) => (typeof body === 'string' ? body : JSON.stringify(body));

describe('a service that is busy', () => {
  it('is asked again as late as it says', async () => {
    const times: number[] = [];
    const gatehouse = await clientOf((_, count) => {
      times.push(performance.now());
      return count === 1 ? busy('1') : { body: ROLE };
    });
    expect((await gatehouse.getRole({ path })).data.name).toBe('editors');
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it('is asked three times at most', async () => {
    const gatehouse = await clientOf(() => ({
      ...problem(429, 'rate_limited'),
      headers: { 'retry-after': '0' },
    }));
    await expect(gatehouse.getRole({ path })).rejects.toMatchObject({ code: 'rate_limited', status: 429 });
    expect(server.seen).toHaveLength(3);
  });

  it('is not waited for longer than allowed, and the error says how long it would be', async () => {
    const gatehouse = await clientOf(() => busy('3600'));
    await expect(gatehouse.getRole({ path })).rejects.toMatchObject({
      code: 'server_busy',
      retryAfter: 3600,
    });
    expect(server.seen).toHaveLength(1);
  });

  it('may name a date', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const gatehouse = await clientOf(() => busy(date));
    const error: unknown = await gatehouse.getRole({ path }).catch((reason: unknown) => reason);
    if (!(error instanceof ProblemError)) throw error;
    expect(error.retryAfter).toBeGreaterThan(3590);
    expect(error.retryAfter).toBeLessThanOrEqual(3600);
  });

  it('is not asked again for what must not happen twice', async () => {
    const gatehouse = await clientOf(() => busy('0'));
    await expect(gatehouse.logoutAll()).rejects.toMatchObject({ code: 'server_busy' });
    expect(server.seen).toHaveLength(1);
  });

  it('is asked again with the same Idempotency-Key, body and token', async () => {
    const gatehouse = await clientOf((_, count) => {
      if (count === 1) return busy('0');
      if (count > 2) return { status: 201, body: ROLE };
      return { ...problem(409, 'idempotency_key_in_use'), headers: { 'retry-after': '0' } };
    });
    await gatehouse.createRole({ body: { name: 'editors' } });
    const sent = server.seen.map(({ headers, body }) => [
      headers['idempotency-key'],
      headers.authorization,
      body,
    ]);
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(([key]) => key)).size).toBe(1);
    expect(sent).toEqual(
      sent.map(() => [expect.stringMatching(/^[0-9a-f]{32}$/), 'Bearer token', '{"name":"editors"}']),
    );
    await gatehouse.createRole({ body: { name: 'editors' } });
    expect(server.seen[3]?.headers['idempotency-key']).not.toBe(sent[0]?.[0]);
  });

  it('is asked three times also by who leaves the number open', async () => {
    const retry = { tries: undefined, maxWait: undefined };
    const gatehouse = await clientOf(() => busy('0'), { retry });
    await expect(gatehouse.getRole({ path })).rejects.toMatchObject({ code: 'server_busy' });
    expect(server.seen).toHaveLength(3);
  });

  it('is not asked again by who has gone', async () => {
    const aborting = new AbortController();
    const gatehouse = await clientOf(() => {
      setImmediate(() => aborting.abort());
      return busy('10');
    });
    await expect(gatehouse.getRole({ path, signal: aborting.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(server.seen).toHaveLength(1);
  });
});

describe('a network', () => {
  it('that breaks is tried again for what may be repeated', async () => {
    const gatehouse = await clientOf((_, count) => (count < 3 ? { breaks: 'before' } : { body: ROLE }));
    expect((await gatehouse.getRole({ path })).data.id).toBe(5);
    expect(server.seen).toHaveLength(3);
  });

  it.each([502, 504])(
    'whose proxy gets no answer (%i) is tried again for what may be repeated',
    async (status) => {
      const page = { status, body: '<h1>Bad gateway</h1>', headers: { 'content-type': 'text/html' } };
      const gatehouse = await clientOf((_, count) => (count < 3 ? page : { body: ROLE }));
      expect((await gatehouse.getRole({ path })).data.id).toBe(5);
      expect(server.seen).toHaveLength(3);
      await server.close();
      const other = await clientOf(() => page);
      await expect(other.logoutAll()).rejects.toMatchObject({ name: 'UnexpectedAnswerError' });
      expect(server.seen).toHaveLength(1);
    },
  );

  it('that breaks in the middle of an answer is a NetworkError', async () => {
    const gatehouse = await clientOf(() => ({ body: ROLE, breaks: 'within' }), { retry: { tries: 1 } });
    await expect(gatehouse.getRole({ path })).rejects.toMatchObject({ name: 'NetworkError' });
  });

  it('that is not there is a NetworkError', async () => {
    const gatehouse = await clientOf(() => ({}), { retry: { tries: 1 } });
    await server.close();
    const error: unknown = await gatehouse.getRole({ path }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'NetworkError',
      message: expect.stringContaining('GET /api/v1/roles/5'),
    });
    expect((error as Error).cause).toMatchObject({ name: 'TypeError' });
  });

  it('that does not answer in time is a TimeoutError, and is not tried again', async () => {
    const gatehouse = await clientOf(() => undefined, { timeout: 50 });
    await expect(gatehouse.getRole({ path })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(server.seen).toHaveLength(1);
  });

  it.each<[string, ScriptedAnswer]>([
    [
      'a page in place of an answer',
      { body: '<h1>Sign in to the café</h1>', headers: { 'content-type': 'text/html' } },
    ],
    ['half an answer', { body: '{"id": 5,' }],
    [
      'an error of a proxy',
      { status: 502, body: '<h1>Bad gateway</h1>', headers: { 'content-type': 'text/html' } },
    ],
    ['an error without a body', { status: 500 }],
    ['an error that is no problem', { status: 400, body: { message: 'no' } }],
  ])('that brings %s is an UnexpectedAnswerError', async (_, answer) => {
    const gatehouse = await clientOf(() => answer);
    await expect(gatehouse.getRole({ path })).rejects.toMatchObject({
      name: 'UnexpectedAnswerError',
      response: { status: answer.status ?? 200 },
      excerpt: bodyOf(answer),
    });
  });
});

describe('a newer service', () => {
  it('may send members and values of enumerations that are not known yet', async () => {
    const body = { ...ROLE, colour: 'green', kind: { of: ['a', 'new'] }, isSystem: 'partly' };
    const gatehouse = await clientOf(() => ({ body }));
    expect((await gatehouse.getRole({ path })).data).toEqual(body);
  });

  it('may have problems that are not known yet', async () => {
    const gatehouse = await clientOf(() => problem(418, 'role_is_a_teapot'));
    const error: unknown = await gatehouse.getRole({ path }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'role_is_a_teapot',
      status: 418,
      detail: 'This is role_is_a_teapot.',
    });
    expect(isProblem(error)).toBe(true);
    expect(isProblem(error, 'role_in_use')).toBe(false);
  });
});

describe('an older service', () => {
  it('answers operations it does not have with a problem', async () => {
    const gatehouse = await clientOf(() => problem(404, 'route_not_found'));
    await expect(gatehouse.listOAuthProviders()).rejects.toMatchObject({ code: 'route_not_found' });
  });

  it('may leave out members of a problem', async () => {
    const gatehouse = await clientOf(() => ({
      status: 404,
      body: { code: 'role_not_found', detail: 'No such role.' },
    }));
    await expect(gatehouse.getRole({ path })).rejects.toMatchObject({ status: 404, errors: [] });
  });
});

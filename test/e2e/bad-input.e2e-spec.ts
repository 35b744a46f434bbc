import type { ApiRequest, ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import type { TestUser } from '../support/factory.js';
import type { Operation } from '../support/contract.js';
import { describeBody, nameOf as placeName, withValue, wrongValues } from './fields.js';
import { exampleOf, nameOf, pathOf, takesJson } from './requests.js';
import type { Privilege, Problem } from './shapes.js';

/** What only the service writes, in the spellings of several frameworks. */
const SERVER_ONLY = [
  'id userId user_id roleId role_id role roles privileges privilegeIds permissions scopes sub sid',
  'status state isActive is_active isAdmin isSystem isVerified isPrimary verifiedAt emailVerified email_verified',
  'password passwordHash password_hash authVersion version otp otpCode otpGeneratedAt wrongOtpCount otpLockedUntil',
  'createdBy created_by createdAt updatedBy updatedAt deletedAt deleted_at deletedBy lastLoginAt tokenHash',
  'accountLockedUntil wrongPasswordCount profileImageUrl identities oauthProvider $where',
].flatMap((line) => line.split(' '));
const TABLES =
  'privilege role role_privilege user user_identity user_auth password_reset audit_log outbox'.split(' ');

/** Fields whose wrong values have an error of their own, which says what would be right (RFC 6749 section 5.2). */
const OWN_ERRORS: Readonly<Record<string, string>> = { grant_type: 'unsupported_grant_type' };

/** Thousands of requests. */
const MINUTE = 60_000;

let service: TestApp;
let admin: TestUser;
/** Rows that the requests would change if they were not refused. */
let ids: { user: number; role: number; privilege: number };
beforeAll(async () => {
  // Nobody but the requests changes anything.
  service = await startApp({ env: { WORKER: 'off' } });
  admin = await service.factory.superAdmin();
  const created = await service.api.post<Privilege>('/privileges', {
    token: admin.token,
    body: { name: 'bad.input' },
  });
  ids = {
    user: (await service.factory.user({ signIn: false })).id,
    role: await service.factory.role(),
    privilege: created.body.id,
  };
});
afterAll(() => service.close());

const writing = () => service.contract.operations.filter(takesJson);

function pathWithIds(operation: Operation): string {
  return pathOf(operation, (name) => {
    if (name === 'privilegeId' || operation.path.startsWith('/api/v1/privileges')) return ids.privilege;
    return operation.path.startsWith('/api/v1/roles') ? ids.role : ids.user;
  });
}

const send = <Body = Problem>(operation: Operation, request: ApiRequest): Promise<ApiResponse<Body>> =>
  service.api.call<Body>(operation.method, pathWithIds(operation), { token: admin.token, ...request });

/** Everything that is kept, as one digest of each table. */
async function digest(): Promise<string> {
  const digests = await Promise.all(
    TABLES.map((table) =>
      service.sql<{ md5: string }>(
        `SELECT md5(string_agg(t::text, '\\n' ORDER BY t.id)) AS md5 FROM "${table}" t
         WHERE coalesce(to_jsonb(t)->>'action', '') NOT LIKE 'access.%'`,
      ),
    ),
  );
  return digests.flatMap((rows) => rows.map(({ md5 }) => md5)).join();
}

/** Runs `requests`, which are all to be refused and to change nothing; answers what was not so. */
async function exceptions(
  requests: Iterable<{ name: string; operation: Operation; request: ApiRequest; field?: string }>,
  statuses: readonly number[] = [400],
  code?: string,
): Promise<string[]> {
  const before = await digest();
  const found: string[] = [];
  let count = 0;
  for (const { name, operation, request, field } of requests) {
    count += 1;
    const { status, body } = await send(operation, request);
    const named =
      field === undefined ||
      body.code === OWN_ERRORS[field] ||
      body.errors?.some((error) => error.field.startsWith(field));
    if (!statuses.includes(status) || !named || (code !== undefined && body.code !== code)) {
      found.push(
        `${nameOf(operation)} with ${name}: ${status} ${JSON.stringify(body.errors ?? body).slice(0, 200)}`,
      );
    }
  }
  expect(count).toBeGreaterThan(0);
  if ((await digest()) !== before) found.push('the database has changed');
  return found;
}

describe('the body of every route that takes JSON', () => {
  it('is taken when it is as in the example, which is what the tests below change', async () => {
    for (const operation of writing()) {
      const { body } = await send(operation, { body: exampleOf(operation) });
      expect([nameOf(operation), body.code]).not.toEqual([nameOf(operation), 'validation_failed']);
    }
  });

  it(
    'S66: has no field that only the service writes',
    async () => {
      function* requests() {
        for (const operation of writing()) {
          for (const { place, known } of describeBody(service.contract.document, operation).containers) {
            for (const field of SERVER_ONLY.filter((name) => !known.has(name))) {
              for (const value of [1, 'x']) {
                const at = [...place, field];
                const body = withValue(exampleOf(operation), at, value);
                const name = `${placeName(at)} = ${JSON.stringify(value)}`;
                yield { name, operation, request: { body }, field: placeName(at) };
              }
            }
          }
        }
      }
      expect(await exceptions(requests())).toEqual([]);
    },
    MINUTE,
  );

  it(
    'S83: has no field of another type than documented',
    async () => {
      function* requests() {
        for (const operation of writing()) {
          for (const field of describeBody(service.contract.document, operation).fields) {
            for (const value of wrongValues(field)) {
              const body = withValue(exampleOf(operation), field.place, value);
              const name = `${field.name} = ${JSON.stringify(value).slice(0, 40)}`;
              const [outermost = ''] = field.place;
              yield { name, operation, request: { body }, field: String(outermost) };
            }
          }
        }
      }
      expect(await exceptions(requests())).toEqual([]);
    },
    MINUTE,
  );

  it('lacks no field that is required', async () => {
    function* requests() {
      for (const operation of writing()) {
        const { fields } = describeBody(service.contract.document, operation);
        for (const { place, name } of fields.filter(({ isRequired }) => isRequired)) {
          const body = withValue(exampleOf(operation), place, undefined);
          yield { name: `no ${name}`, operation, request: { body }, field: name };
        }
      }
    }
    expect(await exceptions(requests())).toEqual([]);
  });

  it.each([
    ['null', 'null'],
    ['an empty list', '[]'],
    ['a list of the right thing', (operation: Operation) => JSON.stringify([exampleOf(operation)])],
    ['a text', '"text"'],
    ['a number', '1'],
    ['a truth', 'true'],
    ['nothing', ''],
    ['white space', ' \n '],
    ['half an object', '{"name":'],
    ['two objects', '{}{}'],
    ['single quotes', "{'name':'x'}"],
    ['a trailing comma', '{"name":"x",}'],
    ['a comment', '{} // comment'],
    ['NaN', '{"name":NaN}'],
    ['a form', 'name=x'],
    ['XML', '<?xml version="1.0"?><name>x</name>'],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ] as [string, string | Buffer | ((operation: Operation) => string)][])(
    'S80: is not %s',
    async (name, data) => {
      const requests = writing().map((operation) => ({
        name,
        operation,
        request: {
          raw: { type: 'application/json', data: typeof data === 'function' ? data(operation) : data },
        },
      }));
      expect(await exceptions(requests, [400, 415])).toEqual([]);
    },
  );

  it('S80: is not left out', async () => {
    const requests = writing().map((operation) => ({ name: 'no body', operation, request: {} }));
    expect(await exceptions(requests, [400, 415])).toEqual([]);
  });

  it.each([
    undefined,
    'text/plain',
    'text/json',
    'application/xml',
    'application/octet-stream',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json-patch+json',
    'application/vnd.api+json',
    'application/json, text/plain',
    'application/json; charset=utf-16',
    'application/json;charset=utf-8;x=y',
    'application/json\tx',
    'application/json\t; charset=utf-8',
    'application/json/x',
    '*/*',
  ])('S80: is not of the media type %s', async (type) => {
    const requests = writing().map((operation) => ({
      name: String(type),
      operation,
      request: { raw: { type, data: JSON.stringify(exampleOf(operation)) } },
    }));
    expect(await exceptions(requests, [415])).toEqual([]);
  });

  it('S80: is a form nowhere but where OAuth 2 clients send one', async () => {
    const type = 'application/x-www-form-urlencoded';
    const requests = writing()
      .filter(({ path }) => !/[/]auth[/](?:login|refresh|validate|revoke)$/.test(path))
      .map((operation) => ({
        name: type,
        operation,
        request: { raw: { type, data: 'name=x&firstName=x' } },
      }));
    expect(await exceptions(requests, [415])).toEqual([]);
  });

  it('S78: is nested at most 32 deep', async () => {
    const lists = (depth: number) => `{"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    const objects = (depth: number) => `${'{"x":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
    const [operation] = writing();
    if (!operation) throw new Error('No route takes JSON');
    for (const make of [lists, objects]) {
      const atLimit = await send(operation, { raw: { type: 'application/json', data: make(32) } });
      expect([atLimit.status, atLimit.body.code]).toEqual([400, 'validation_failed']);
    }
    const requests = writing().flatMap((one) =>
      [33, 100, 3_000, 10_000].flatMap((depth) =>
        [lists, objects].map((make) => ({
          name: `depth ${depth}`,
          operation: one,
          request: { raw: { type: 'application/json', data: make(depth) } },
        })),
      ),
    );
    expect(await exceptions(requests, [400], 'malformed_request')).toEqual([]);
  });

  it('S78: has at most 1,000 members or items at one place', async () => {
    const members = Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`m${n}`, n]));
    const items = Array.from({ length: 1_001 }, (_, n) => n);
    const requests = writing().flatMap((operation) =>
      [members, { x: members }, { x: items }, { ...exampleOf(operation), x: [items] }].map((body) => ({
        name: 'many members',
        operation,
        request: { body },
      })),
    );
    expect(await exceptions(requests, [400], 'malformed_request')).toEqual([]);
  });

  it('S78: is at most 100 KB long', async () => {
    const requests = writing().flatMap((operation) =>
      [100 * 1024 + 1, 1_000_000].map((size) => ({
        name: `${size} bytes`,
        operation,
        request: { raw: { type: 'application/json', data: `{"x":"${'y'.repeat(size - 8)}"}` } },
      })),
    );
    expect(await exceptions(requests, [413], 'payload_too_large')).toEqual([]);
    const [operation] = writing();
    if (!operation) throw new Error('No route takes JSON');
    const data = `{"x":"${'y'.repeat(100 * 1024 - 8)}"}`;
    expect((await send(operation, { raw: { type: 'application/json', data } })).status).toBe(400);
  });

  it('S78: is at most 100 KB long when it does not say how long it is', async () => {
    const chunk = Buffer.from(' '.repeat(64 * 1024));
    const body = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 16; n += 1) controller.enqueue(chunk);
        controller.close();
      },
    });
    const headers = { 'content-type': 'application/json' };
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body, duplex: 'half' };
    const response = await fetch(`${service.api.base}/api/v1/auth/login`, init);
    expect(response.status).toBe(413);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each([
    '{"__proto__":{"polluted":true}}',
    '{"__proto__":null}',
    '{"\\u005f_proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '{"x":{"__proto__":{"polluted":true}}}',
    '{"checks":[{"__proto__":{"privilege":"users.read"}}]}',
    '{"checks":[{"privilege":"users.read","constructor":{"prototype":{}}}]}',
    '{"name":"x","constructor":1}',
    '{"name":"x","toString":"x"}',
    '{"name":"x","hasOwnProperty":null}',
    '{"checks":[{"privilege":"users.read","valueOf":1}]}',
  ])('S79: does not reach for prototypes: %s', async (data) => {
    const requests = writing().map((operation) => ({
      name: data,
      operation,
      request: { raw: { type: 'application/json', data } },
    }));
    expect(await exceptions(requests, [400], 'malformed_request')).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });

  it(
    'S86: is refused at once, however it was made to be slow',
    async () => {
      const slow = [
        `${'a'.repeat(64_000)}@`,
        `${'a.'.repeat(32_000)}@example.com`,
        `a@${'a-'.repeat(32_000)}`,
        `"${`\\"`.repeat(16_000)}@example.com`,
        `+${'1'.repeat(64_000)}`,
        `${'a._-'.repeat(16_000)}!`,
        `y${' '.repeat(64_000)}x`,
        `x${'\u00a0'.repeat(20_000)}x`,
      ];
      // Of the processor, so that what others do at the same time does not count. Microseconds.
      const worked = () => process.cpuUsage().user + process.cpuUsage().system;
      const times: number[] = [];
      for (const text of slow) {
        for (const operation of writing()) {
          for (const { place, types } of describeBody(service.contract.document, operation).fields) {
            if (!types.has('string')) continue;
            const start = worked();
            const { status } = await send(operation, { body: withValue(exampleOf(operation), place, text) });
            times.push((worked() - start) / 1_000);
            expect(status).toBe(400);
          }
        }
      }
      expect(times.length).toBeGreaterThan(100);
      expect(Math.max(...times)).toBeLessThan(500);
    },
    MINUTE,
  );
});

import { createHash } from 'node:crypto';
import { canonicalJson } from '../../src/common/canonical-json.js';
import { startApp, type TestApp } from '../support/app.js';
import { together } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { waiting, whileHolding } from '../support/locks.js';
import type { Operation } from '../support/contract.js';
import type { ApiRequest, ApiResponse } from '../support/api.js';
import { exampleOf, nameOf, NO_ID, pathOf } from './requests.js';

/** Probes are answered however busy the process is; their 503 is what they found. */
const isProbe = ({ path }: Operation) => path.startsWith('/api/v1/health');

/** Sends the example of each operation, to ids of nothing; the answers by name. Each is held to the document. */
async function askAll(
  { api, contract }: TestApp,
  isAsked: (operation: Operation) => boolean,
  request: ApiRequest = {},
  query = '',
): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (const operation of contract.operations.filter(isAsked)) {
    const path = `${pathOf(operation, NO_ID)}${query}`;
    const body = exampleOf(operation);
    answers[nameOf(operation)] = (await api.call(operation.method, path, { body, ...request })).status;
  }
  return answers;
}

/** `status` from each operation that documents it, if it is asked; there are at least `least` of them. */
function expectEverywhere(answers: Record<string, number>, status: number, least: number): void {
  const others = Object.entries(answers).filter(([, answered]) => answered !== status);
  expect(others).toEqual([]);
  expect(Object.keys(answers).length).toBeGreaterThanOrEqual(least);
}

const documents =
  (status: number) =>
  ({ responses }: Operation): boolean =>
    responses[status] !== undefined;

describe('every operation', () => {
  it('refuses a query of an odd name', async () => {
    const service = await startApp();
    const { token } = await service.factory.superAdmin();
    expectEverywhere(await askAll(service, documents(400), { token }, '?__proto__=1'), 400, 70);
    await service.close();
  });

  it('refuses more requests than RATE_LIMIT, where it documents that, and nowhere else', async () => {
    const service = await startApp({ env: { RATE_LIMIT: '1' } });
    await service.api.get('//');
    const isLimited = documents(429);
    expectEverywhere(await askAll(service, isLimited), 429, 60);
    const others = await askAll(service, (operation) => !isLimited(operation));
    expect(Object.values(others)).not.toContain(429);
    await service.close();
  });

  it('is refused while the process is busy, but for probes', async () => {
    const places = 8;
    const service = await startApp({ env: { REQUESTS_AT_ONCE: String(places) } });
    const { token } = await service.factory.user();
    let held: Promise<unknown> | undefined;
    await whileHolding(service, async (locks) => {
      await locks.query('LOCK TABLE "user"');
      held = together(places, () => service.api.get('/users/me', { token }));
      // All of them have been let in: one that came after them is refused.
      await waiting(service, 1);
      await eventually(async () => (await service.api.get('/users/me', { token })).status === 503);
      expectEverywhere(await askAll(service, (operation) => !isProbe(operation)), 503, 70);
    });
    await held;
    await service.close();
  });
});

describe('every operation that takes an Idempotency-Key', () => {
  const isIdempotent = ({ parameters }: Operation) =>
    parameters.some(({ name }) => name === 'Idempotency-Key');

  /** The answers when the service knows the key already, as one of the request whose fingerprint is given. */
  async function answersTo(fingerprintOf: (operation: Operation) => Buffer): Promise<Record<string, number>> {
    const service = await startApp();
    const { id, token } = await service.factory.superAdmin();
    const key = 'known';
    for (const operation of service.contract.operations.filter(isIdempotent)) {
      await service.sql(
        `INSERT INTO idempotency_key (user_id, route, key, fingerprint, locked_until)
         VALUES ($1, $2, $3, $4, now() + interval '1 minute')`,
        [
          id,
          `${operation.method} ${operation.path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
          key,
          fingerprintOf(operation),
        ],
      );
    }
    const answers = await askAll(service, isIdempotent, { token, headers: { 'idempotency-key': key } });
    await service.close();
    return answers;
  }

  it('refuses one that was sent with something else', async () => {
    expectEverywhere(await answersTo(() => Buffer.from('else')), 422, 9);
  });

  it('refuses one that is being worked on', async () => {
    const same = (operation: Operation) => {
      const url = operation.path.replaceAll(/\{\w+\}/g, String(NO_ID));
      return createHash('sha256')
        .update(`${url}\n${canonicalJson(exampleOf(operation) ?? null)}`)
        .digest();
    };
    expectEverywhere(await answersTo(same), 409, 9);
  });
});

it('every operation that needs a recent sign-in refuses an older one', async () => {
  const service = await startApp();
  const { token } = await service.factory.user();
  await service.sql(`UPDATE session SET auth_time = now() - interval '1 hour'`);
  const answers = await askAll(service, (operation) => operation['x-recent-sign-in'] === true, { token });
  expectEverywhere(answers, 403, 5);
  await service.close();
});

it('every operation that answers an ETag does not send again what one has', async () => {
  const service = await startApp();
  const { token } = await service.factory.superAdmin();
  const body = { url: 'https://1.1.1.1/hooks', eventTypes: ['webhook.disabled'] };
  await service.api.post('/webhooks', { token, body });
  const answers: Record<string, number> = {};
  for (const operation of service.contract.operations.filter(documents(304))) {
    // The first of its kind; of kinds that others have added there may be none.
    const path = pathOf(operation, 1);
    const { status, headers } = await service.api.get(path, { token });
    if (status !== 200) continue;
    const again = await service.api.get(path, { token, headers: { 'if-none-match': String(headers.etag) } });
    answers[nameOf(operation)] = again.status;
  }
  expectEverywhere(answers, 304, 8);
  await service.close();
});

describe('one’s own account that is deleted while it is asked for', () => {
  let service: TestApp;
  beforeAll(async () => {
    // So that nothing but the request waits for the lock.
    service = await startApp({ env: { WORKER: 'off' } });
  });
  afterAll(() => service.close());

  it.each([
    ['GET', '/users/me', undefined, 'LOCK TABLE user_identity'],
    ['PATCH', '/users/me', { firstName: 'Ada' }, 'SELECT FROM "user" FOR UPDATE'],
    ['DELETE', '/users/me', undefined, 'SELECT FROM "user" FOR UPDATE'],
    ['POST', '/users/me/identities', { email: 'ada@example.com' }, 'SELECT FROM "user" FOR UPDATE'],
  ] as const)('is not there: %s %s', async (method, path, body, lock) => {
    const { id, token } = await service.factory.user();
    let asked: Promise<ApiResponse> | undefined;
    await whileHolding(service, async (locks) => {
      await locks.query(lock);
      asked = service.api.call(method, path, { token, body });
      await waiting(service, 1);
      await locks.query('UPDATE "user" SET deleted_at = now() WHERE id = $1', [id]);
      await locks.query('COMMIT');
    });
    expect((await asked)?.body).toMatchObject({ status: 404, code: 'user_not_found' });
  });
});

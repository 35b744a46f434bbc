import { readFileSync } from 'node:fs';
import type { OpenAPIObject } from '@nestjs/swagger';
import * as fc from 'fast-check';
import { startApp, type TestApp } from '../support/app.js';
import { operationsOf } from '../support/contract.js';
import { type FuzzedRequest, requestsTo } from './requests.js';

/** All operations together, in seconds. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 60);
/** Makes the same requests again. */
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Milliseconds. */
const LONGEST = 1_000;

const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as OpenAPIObject;
const operations = operationsOf(document);
const EACH = (SECONDS * 1_000) / operations.length;

let service: TestApp;
let tokens: Record<FuzzedRequest['as'], string | undefined>;
let sent = 0;
beforeAll(async () => {
  process.stdout.write(`FUZZ_SEED=${SEED} FUZZ_SECONDS=${SECONDS}\n`);
  // Nothing is delivered: addresses are made up, and some may exist.
  service = await startApp({ env: { WORKER: 'off' } });
  await newTokens();
  for (let n = 0; n < 10; n += 1) await service.factory.user({ signIn: false });
  const body = { url: 'https://receiver.example/hooks', eventTypes: ['user.*'] };
  for (let n = 0; n < 5; n += 1) await service.api.post('/webhooks', { token: tokens.superAdmin, body });
});
afterAll(async () => {
  process.stdout.write(`${sent} requests\n`);
  await service.close();
});

async function newTokens(): Promise<void> {
  const [admin, user] = [await service.factory.superAdmin(), await service.factory.user()];
  tokens = { superAdmin: admin.token, user: user.token, stranger: undefined, forger: 'a.b.c' };
}

/** Sent requests change roles, end sessions and delete users, those who send them too. */
async function keepSignedIn(): Promise<void> {
  const answers = await Promise.all(
    [tokens.superAdmin, tokens.user].map((token) => service.api.get('/users/me', { token })),
  );
  if (answers.some(({ status }) => status !== 200)) await newTokens();
}

/** What is wrong with the answer, beside what the contract finds. */
async function faultOf(
  method: string,
  { as, path, headers, raw }: FuzzedRequest,
): Promise<string | undefined> {
  const token = tokens[as];
  const started = performance.now();
  const { status } = await service.api.call(method, path, { token, headers, ...(raw && { raw }) });
  const took = performance.now() - started;
  sent += 1;
  if (sent % 20 === 0) await keepSignedIn();
  if (status >= 500) return `answered ${status}`;
  return took > LONGEST ? `took ${Math.round(took)} ms` : undefined;
}

describe('any request', () => {
  it.each(operations.map((operation) => [operation.operationId ?? '', operation] as const))(
    'to %s is answered as documented, with no error of ours, within a second',
    async (_, operation) => {
      await fc.assert(
        fc.asyncProperty(requestsTo(document, operation), async (request) => {
          let fault = await faultOf(operation.method, request);
          // Once may be the machine.
          if (fault?.startsWith('took')) fault = await faultOf(operation.method, request);
          if (fault !== undefined) throw new Error(fault);
        }),
        {
          seed: SEED,
          numRuns: Infinity,
          interruptAfterTimeLimit: EACH,
          markInterruptAsFailure: false,
          includeErrorInReport: true,
        },
      );
    },
    30_000 + EACH,
  );
});

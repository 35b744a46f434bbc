import { SmsConfig } from '../../src/platform/sms/sms.config.js';
import { ProductConfig } from '../../src/platform/product/product.config.js';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { ContactMessagesService } from '../../src/messages/contact-messages.service.js';
import { HopelessJob } from '../../src/platform/jobs/job.js';
import { ProviderPaused } from '../../src/platform/delivery/circuit-breaker.js';
import { LogSmsSender } from '../../src/platform/sms/log-sms-sender.js';
import { TwilioSmsSender } from '../../src/platform/sms/twilio-sms-sender.js';
import { testConfig } from '../support/config.js';

const ACCOUNT = `AC${'0a'.repeat(16)}`;
const TOKEN = 'token-f3a91c2e8';
const MESSAGE = { to: '+4915123456789', subject: 'Code', text: 'Gatehouse: 482913 & more + ü' };

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  jest.restoreAllMocks();
});

async function serve(answer: RequestListener): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ method: request.method, url: request.url, headers: request.headers, body });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

function senderTo(apiUrl: string, from = '+15005550006', timeout?: number): TwilioSmsSender {
  const { via: sms } = testConfig({
    SMS_PROVIDER: 'twilio',
    TWILIO_ACCOUNT_SID: ACCOUNT,
    TWILIO_AUTH_TOKEN: TOKEN,
    TWILIO_FROM: from,
    TWILIO_API_URL: apiUrl,
  }).get(SmsConfig);
  if (sms.provider !== 'twilio') throw new Error('SMS_PROVIDER was not read');
  const sender = new TwilioSmsSender(sms, timeout);
  closing.unshift(() => sender.onApplicationShutdown());
  return sender;
}

async function failureOf(sending: Promise<void>): Promise<Error> {
  try {
    await sending;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It was sent');
}

const json =
  (status: number, body: object | string): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const created = json(201, { sid: 'SM1', status: 'queued' });

describe('a text message by Twilio', () => {
  it('is one request, as Twilio asks for it', async () => {
    const { url, received } = await serve(created);
    await senderTo(url).send(MESSAGE);
    expect(received).toHaveLength(1);
    const [{ method, url: path, headers, body } = received[0] as Received] = received;
    expect([method, path]).toEqual(['POST', `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`]);
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    const basic = String(headers.authorization).replace('Basic ', '');
    expect(Buffer.from(basic, 'base64').toString()).toBe(`${ACCOUNT}:${TOKEN}`);
    expect([...new URLSearchParams(body)]).toEqual([
      ['To', MESSAGE.to],
      ['From', '+15005550006'],
      ['Body', MESSAGE.text],
    ]);
  });

  it('comes from a messaging service when one is configured', async () => {
    const { url, received } = await serve(created);
    const service = `MG${'0b'.repeat(16)}`;
    await senderTo(url, service).send(MESSAGE);
    const body = new URLSearchParams(received[0]?.body);
    expect([body.get('MessagingServiceSid'), body.get('From')]).toEqual([service, null]);
  });

  it('is one line in the language of its reader', async () => {
    const { url, received } = await serve(created);
    const sender = senderTo(url);
    const messages = new ContactMessagesService(sender, sender, testConfig().get(ProductConfig));
    const message = { kind: 'verification_code', code: '482913', minutes: 5 } as const;
    await messages.send({ type: 'mobile', value: MESSAGE.to }, 'de', message);
    expect(new URLSearchParams(received[0]?.body).get('Body')).toBe(
      'Gatehouse: 482913 ist Ihr Bestätigungscode, gültig 5 Minuten. Geben Sie ihn niemandem.',
    );
  });

  it.each([
    '',
    'ada@example.com',
    '15123456789',
    '+0151',
    '+4915123456789\r\nX: y',
    '+49 151 23456789',
    '+49&Body=x',
  ])('S91: goes nowhere when the number is %j', async (to) => {
    const { url, received } = await serve(created);
    expect(await failureOf(senderTo(url).send({ ...MESSAGE, to }))).toBeInstanceOf(HopelessJob);
    expect(received).toEqual([]);
  });
});

describe('an answer of Twilio', () => {
  it.each([
    [400, { code: 21211, message: `Invalid 'To' Phone Number: ${MESSAGE.to}` }, ' with error 21211'],
    [400, { code: 21610, message: 'unsubscribed' }, ' with error 21610'],
    [400, 'not JSON: 482913', ''],
    [400, { code: '<script>' }, ''],
    [400, 'null', ''],
    [422, {}, ''],
    [403, { code: 21408, message: 'region not enabled' }, ' with error 21408'],
    [404, { code: 21614 }, ' with error 21614'],
  ])('of %i %j is final', async (status, body, suffix) => {
    const { url } = await serve(json(status, body));
    const failure = await failureOf(senderTo(url).send(MESSAGE));
    expect(failure).toBeInstanceOf(HopelessJob);
    expect(failure.message).toBe(`Twilio answered ${status}${suffix}`);
  });

  it.each([
    [429, { code: 20429 }, ' with error 20429'],
    [401, { code: 20003, message: 'Authenticate' }, ' with error 20003'],
    [403, {}, ''],
    [404, {}, ''],
    [500, 'oops', ''],
    [503, {}, ''],
    [302, {}, ''],
    [204, '', ''],
  ])('of %i %j lets the job be tried again', async (status, body, suffix) => {
    const { url } = await serve(json(status, body));
    const failure = await failureOf(senderTo(url).send(MESSAGE));
    expect(failure).not.toBeInstanceOf(HopelessJob);
    expect(failure.message).toBe(`Twilio answered ${status}${suffix}`);
  });

  it('is not followed elsewhere: the token stays where it belongs', async () => {
    const elsewhere = await serve(created);
    const { url } = await serve((_, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/steal` });
      response.end();
    });
    await failureOf(senderTo(url).send(MESSAGE));
    expect(elsewhere.received).toEqual([]);
  });

  it('may not be without end', async () => {
    const { url } = await serve(json(500, 'x'.repeat(1_000_000)));
    const failure = await failureOf(senderTo(url).send(MESSAGE));
    expect(failure.message).toMatch(/^Twilio cannot be reached: /);
  });
});

describe('when Twilio', () => {
  it.each<[string, RequestListener]>([
    ['does not answer', () => undefined],
    ['begins an answer and never ends it', (_, response) => void response.writeHead(201).write('{')],
  ])('%s, the job gives up in time and is tried again', async (_, answer) => {
    const { url } = await serve(answer);
    const started = performance.now();
    const failure = await failureOf(senderTo(url, '+15005550006', 200).send(MESSAGE));
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(failure.message).toMatch(/^Twilio cannot be reached: .*timeout/);
    expect(failure).not.toBeInstanceOf(HopelessJob);
  });

  it('is not there, the job is tried again', async () => {
    const failure = await failureOf(senderTo('http://127.0.0.1:1').send(MESSAGE));
    expect(failure.message).toMatch(/^Twilio cannot be reached/);
    expect(failure).not.toBeInstanceOf(HopelessJob);
  });

  it('A2, S99: refuses one number after the other, it is not paused for the others', async () => {
    const { url } = await serve(json(403, { code: 21408 }));
    const sender = senderTo(url);
    for (let n = 0; n < 8; n += 1) expect(await failureOf(sender.send(MESSAGE))).toBeInstanceOf(HopelessJob);
  });

  it('A2: says when to come again, it is left alone until then', async () => {
    const { url, received } = await serve((_, response) =>
      response.writeHead(429, { 'retry-after': '7' }).end('{"code":20429}'),
    );
    const sender = senderTo(url);
    expect((await failureOf(sender.send(MESSAGE))).message).toBe('Twilio answered 429 with error 20429');
    const paused = await failureOf(sender.send(MESSAGE));
    expect(paused).toBeInstanceOf(ProviderPaused);
    expect(paused.message).toBe('Twilio asked to be left alone for 7 s');
    expect(received).toHaveLength(1);
  });

  it('R25: fails again and again, it is left alone for a while', async () => {
    const { url, received } = await serve(json(503, {}));
    const sender = senderTo(url);
    for (let n = 0; n < 5; n += 1) await failureOf(sender.send(MESSAGE));
    expect(await failureOf(sender.send(MESSAGE))).toBeInstanceOf(ProviderPaused);
    expect(received).toHaveLength(5);
  });

  it('S95: fails, the error holds neither number nor text nor token', async () => {
    const { url } = await serve(
      json(400, { code: 21211, message: `${MESSAGE.to} ${MESSAGE.text} ${TOKEN}` }),
    );
    const refused = await failureOf(senderTo(url).send(MESSAGE));
    const unreachable = await failureOf(senderTo('http://127.0.0.1:1').send(MESSAGE));
    for (const failure of [refused, unreachable]) {
      expect(`${failure.stack} ${JSON.stringify(failure)}`).not.toMatch(/15123456789|482913|token-/);
      expect(failure.cause).toBeUndefined();
    }
  });
});

describe('SMS_PROVIDER=log', () => {
  it('S95: says that a message was to be sent, to a masked number, and not what', async () => {
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation();
    await new LogSmsSender().send(MESSAGE);
    expect(log.mock.calls).toEqual([
      ['A text message to +49*****789 (SMS_PROVIDER is log: it goes nowhere)'],
    ]);
  });
});

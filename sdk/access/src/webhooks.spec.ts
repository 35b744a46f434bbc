import { randomBytes } from 'node:crypto';
import { anEvent, webhook } from '../test/fake-gatehouse.js';
import { WebhookRefused } from './errors.js';
import { WebhookVerifier } from './webhooks.js';

const NOW = Date.parse('2026-05-04T09:30:00Z');
const secret = () => `whsec_${randomBytes(32).toString('base64')}`;
const [ours, next, other] = [secret(), secret(), secret()];
const event = anEvent('user.created', { id: 7, name: 'Ada “ü” 🙂' }, NOW);
const verifier = new WebhookVerifier({ secrets: [ours], now: () => NOW });

it('answers the event of a message, whatever form headers and body have', () => {
  const { headers, body } = webhook(event, [ours], NOW);
  expect(verifier.verify(headers, body)).toEqual(event);
  expect(verifier.verify(new Headers(headers), Buffer.from(body))).toEqual(event);
  const asSent = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.replaceAll(/\b[a-z]/g, (a) => a.toUpperCase()),
      value,
    ]),
  );
  expect(Object.keys(asSent)).toContain('Webhook-Id');
  expect(verifier.verify(asSent, body)).toEqual(event);
  expect(() => verifier.verify({ ...asSent, ...headers }, body)).toThrow(WebhookRefused);
});

it('takes either of two signatures and either of two secrets while a secret is replaced', () => {
  const both = webhook(event, [next, ours], NOW);
  expect(verifier.verify(both.headers, both.body)).toEqual(event);
  const rotating = new WebhookVerifier({ secrets: [ours, next], now: () => NOW });
  const single = webhook(event, [next], NOW);
  expect(rotating.verify(single.headers, single.body)).toEqual(event);
});

it.each([300, -300])('takes one that is %s s off, and no older and no later one', (seconds) => {
  const near = webhook(event, [ours], NOW + seconds * 1_000);
  expect(verifier.verify(near.headers, near.body)).toEqual(event);
  const far = webhook(event, [ours], NOW + (seconds + Math.sign(seconds)) * 1_000);
  expect(() => verifier.verify(far.headers, far.body)).toThrow(WebhookRefused);
});

it.each<[string, Record<string, string | undefined>]>([
  ['without signature', { 'webhook-signature': undefined }],
  ['with an empty signature', { 'webhook-signature': 'v1,' }],
  [
    'with a signature cut short',
    { 'webhook-signature': webhook(event, [ours], NOW).headers['webhook-signature']?.slice(0, 20) },
  ],
  [
    'with a signature of another version',
    { 'webhook-signature': webhook(event, [ours], NOW).headers['webhook-signature']?.replace('v1', 'v2') },
  ],
  [
    'signed by somebody else',
    { 'webhook-signature': webhook(event, [other], NOW).headers['webhook-signature'] },
  ],
  ['with another time', { 'webhook-timestamp': String(NOW / 1_000 + 1) }],
  ['without time', { 'webhook-timestamp': undefined }],
  ['with a time that is none', { 'webhook-timestamp': 'Infinity' }],
  ['with another id', { 'webhook-id': 'c1a3dbb6-6a0e-4c55-9d6f-1d8a0a4f0c11' }],
])('refuses a message %s', (_, change) => {
  const { headers, body } = webhook(event, [ours], NOW);
  expect(() => verifier.verify({ ...headers, ...change }, body)).toThrow(WebhookRefused);
});

it('refuses a body that was altered, and one that is no event', () => {
  const { headers, body } = webhook(event, [ours], NOW);
  expect(() => verifier.verify(headers, body.replace('"id":7', '"id":8'))).toThrow(WebhookRefused);
  const odd = webhook({ id: event.id }, [ours], NOW);
  expect(() => verifier.verify(odd.headers, odd.body)).toThrow(WebhookRefused);
});

it('says what to do when it is handed what a parser has made', () => {
  const { headers } = webhook(event, [ours], NOW);
  expect(() => verifier.verify(headers, event as unknown as string)).toThrow('in bytes');
});

it.each([[[]], [['']], [['secret']], [['whsec_c2hvcnQ=']]])(
  'refuses secrets that are none: %j',
  (secrets) => {
    expect(() => new WebhookVerifier({ secrets })).toThrow(TypeError);
  },
);

import type { PublishedEvent } from '../platform/events/published-event.js';
import { signedMessage } from './signed-message.js';

const EVENT: PublishedEvent = {
  id: '0197b1c2-5f0e-7c3a-9d56-3c1f0a6d2b11',
  type: 'user.created',
  version: 1,
  occurredAt: '2026-05-04T09:30:00.000Z',
  aggregate: { type: 'user', id: '7' },
  data: { id: 7 },
};
const KEY = Buffer.from('C2FVsBQIhrscChlQIMV+b5sSYspob7oD', 'base64');
const AT = new Date('2026-05-04T09:30:01.999Z');

describe('S93: what is sent to a webhook', () => {
  it('is the event as JSON, its id and the whole seconds of now', () => {
    const { headers, body } = signedMessage(EVENT, [KEY], AT);
    expect(body).toBe(JSON.stringify(EVENT));
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': EVENT.id,
      'webhook-timestamp': '1777887001',
    });
  });

  it('has its members in one order, whatever order the database keeps them in', () => {
    const shuffled = Object.fromEntries(Object.entries(EVENT).toReversed()) as unknown as PublishedEvent;
    expect(signedMessage(shuffled, [KEY], AT)).toEqual(signedMessage(EVENT, [KEY], AT));
  });

  it('is signed by HMAC-SHA256 over id, time and body: a value computed elsewhere', () => {
    const { headers } = signedMessage(EVENT, [KEY], AT);
    // openssl dgst -sha256 -mac HMAC -macopt hexkey:… over `id.timestamp.body`
    expect(headers['webhook-signature']).toBe('v1,TlI3ypCpc12+w41HgZY4XJ5H88RbMckpYdjeahbiT2U=');
  });

  it('is signed with every live secret, the newest first', () => {
    const other = Buffer.alloc(32, 1);
    const [both = '', ...alone] = [[other, KEY], [other], [KEY]].map(
      (keys) => signedMessage(EVENT, keys, AT).headers['webhook-signature'],
    );
    expect(both.split(' ')).toEqual(alone);
  });
});

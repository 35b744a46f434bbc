import type { Notice } from '../../../messages/message.js';
import { mergedNotice } from './merged-notice.js';

const added = (contact: string): Notice => ({ kind: 'identity_added', contact });

describe('A5: several notices of a kind become one', () => {
  it('which names each contact once', () => {
    expect(mergedNotice([added('a***@x.org'), added('b***@x.org'), added('a***@x.org')])).toEqual(
      added('a***@x.org, b***@x.org'),
    );
  });

  it('which names each provider', () => {
    const linked = (provider: string): Notice => ({ kind: 'account_linked', provider });
    expect(mergedNotice([linked('google'), linked('github')])).toEqual(linked('google, github'));
  });

  it('which names the main contact there is by now', () => {
    const changed = (contact: string): Notice => ({ kind: 'identity_changed', contact });
    expect(mergedNotice([changed('a***@x.org'), changed('b***@x.org')])).toEqual(changed('b***@x.org'));
  });

  it('of a bounded length', () => {
    const all = Array.from({ length: 50 }, (_, index) => added(`${index}***@x.org`));
    const merged = mergedNotice([added('first'), ...all]);
    expect('contact' in merged && merged.contact.split(', ')).toHaveLength(11);
  });
});

import { readClaims } from './access-token-claims.js';

const NOW = 1_800_000_000;
const read = (payload: Record<string, unknown>) => readClaims(payload, 'key');
const GOOD = {
  iss: 'http://gatehouse.test',
  aud: 'gatehouse',
  sub: '7',
  sid: '9007199254740991',
  jti: 'a-b-c',
  iat: NOW,
  exp: NOW + 900,
};

describe('the claims of an access token', () => {
  it('are read, ids as numbers', () => {
    const { sub: _sub, sid: _sid, ...others } = GOOD;
    const ids = { userId: 7, sessionId: 9_007_199_254_740_991 };
    expect(read(GOOD)).toEqual({ ...others, ...ids, kid: 'key' });
  });

  it('are read without what nobody asked for', () => {
    const claims = read({ ...GOOD, role: 'SuperAdmin', privileges: ['users.delete'] });
    expect(claims).toEqual(read(GOOD));
  });

  it('may say how and when the user proved who they are, in no odd way', () => {
    const proof = { amr: ['pwd'], auth_time: NOW - 60 };
    expect(read({ ...GOOD, ...proof })).toEqual({ ...read(GOOD), amr: ['pwd'], authTime: NOW - 60 });
    for (const amr of [null, 'pwd', 7, {}, [7], ['pwd', null]]) expect(read({ ...GOOD, amr })).toBeNull();
    for (const time of [null, '60', {}, [60]]) expect(read({ ...GOOD, auth_time: time })).toBeNull();
  });

  it.each(Object.keys(GOOD))('S34: are all needed: %s', (name) => {
    const { [name]: _left, ...others } = GOOD as Record<string, unknown>;
    expect(read(others)).toBeNull();
    for (const odd of [null, true, {}, [], ['7'], Symbol.iterator])
      expect(read({ ...GOOD, [name]: odd })).toBeNull();
  });

  it.each([
    '',
    '0',
    '-7',
    '+7',
    '07',
    '7.0',
    '7e0',
    ' 7',
    '7 ',
    '7\n',
    '0x7',
    '٧',
    '７',
    '7;8',
    'NaN',
    7,
    7n,
  ])('S34: name user and session by an id, which %p is not', (id) => {
    expect(read({ ...GOOD, sub: id })).toBeNull();
    expect(read({ ...GOOD, sid: id })).toBeNull();
  });

  it('S34: name ids their columns can hold', () => {
    expect(read({ ...GOOD, sub: '2147483647' })).toMatchObject({ userId: 2_147_483_647 });
    expect(read({ ...GOOD, sub: '2147483648' })).toBeNull();
    expect(read({ ...GOOD, sid: '9007199254740992' })).toBeNull();
    expect(read({ ...GOOD, sid: '9'.repeat(40) })).toBeNull();
  });

  it('F18, S33: may say that the token was issued later than it is here', () => {
    expect(read({ ...GOOD, iat: NOW + 20 })).toMatchObject({ iat: NOW + 20 });
    expect(read({ ...GOOD, iat: NOW + 3600 })).not.toBeNull();
  });

  it('S34: name one audience in one string', () => {
    expect(read({ ...GOOD, aud: ['gatehouse'] })).toBeNull();
    expect(read({ ...GOOD, aud: ['gatehouse', 'other'] })).toBeNull();
  });
});

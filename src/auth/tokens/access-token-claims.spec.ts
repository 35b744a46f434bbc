import { readClaims } from './access-token-claims.js';

const now = () => Math.floor(Date.now() / 1000);
const GOOD = {
  iss: 'http://gatehouse.test',
  aud: 'gatehouse',
  sub: '7',
  sid: '9007199254740991',
  jti: 'a-b-c',
  iat: now(),
  exp: now() + 900,
};

describe('the claims of an access token', () => {
  it('are read, ids as numbers', () => {
    const { sub: _sub, sid: _sid, ...others } = GOOD;
    const ids = { userId: 7, sessionId: 9_007_199_254_740_991 };
    expect(readClaims(GOOD, 'key')).toEqual({ ...others, ...ids, kid: 'key' });
  });

  it('are read without what nobody asked for', () => {
    const claims = readClaims({ ...GOOD, role: 'SuperAdmin', privileges: ['users.delete'] }, 'key');
    expect(claims).toEqual(readClaims(GOOD, 'key'));
  });

  it.each(Object.keys(GOOD))('S34: are all needed: %s', (name) => {
    const { [name]: _left, ...others } = GOOD as Record<string, unknown>;
    expect(readClaims(others, 'key')).toBeNull();
    for (const odd of [null, true, {}, [], ['7'], Symbol.iterator])
      expect(readClaims({ ...GOOD, [name]: odd }, 'key')).toBeNull();
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
    expect(readClaims({ ...GOOD, sub: id }, 'key')).toBeNull();
    expect(readClaims({ ...GOOD, sid: id }, 'key')).toBeNull();
  });

  it('S34: name ids their columns can hold', () => {
    expect(readClaims({ ...GOOD, sub: '2147483647' }, 'key')).toMatchObject({ userId: 2_147_483_647 });
    expect(readClaims({ ...GOOD, sub: '2147483648' }, 'key')).toBeNull();
    expect(readClaims({ ...GOOD, sid: '9007199254740992' }, 'key')).toBeNull();
    expect(readClaims({ ...GOOD, sid: '9'.repeat(40) }, 'key')).toBeNull();
  });

  it('F18, S33: may say that the token was issued later than it is here', () => {
    expect(readClaims({ ...GOOD, iat: now() + 20 }, 'key')).toMatchObject({ iat: now() + 20 });
    expect(readClaims({ ...GOOD, iat: now() + 3600 }, 'key')).not.toBeNull();
  });

  it('S34: name one audience in one string', () => {
    expect(readClaims({ ...GOOD, aud: ['gatehouse'] }, 'key')).toBeNull();
    expect(readClaims({ ...GOOD, aud: ['gatehouse', 'other'] }, 'key')).toBeNull();
  });
});

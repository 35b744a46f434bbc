import { createHash } from 'node:crypto';
import { createOneTimeToken, hashOneTimeToken } from './one-time-token.js';

describe('S54: a one-time token', () => {
  it('is its prefix and 256 random bits', () => {
    const tokens = Array.from({ length: 1_000 }, () => createOneTimeToken('pr'));
    expect(tokens.filter(({ value }) => !/^pr_[A-Za-z0-9_-]{43}$/.test(value))).toEqual([]);
    expect(new Set(tokens.map(({ value }) => value)).size).toBe(1_000);
    expect(Buffer.from(tokens[0]?.value.slice(3) ?? '', 'base64url')).toHaveLength(32);
  });

  it('is stored as its SHA-256, prefix included', () => {
    const { value, hash } = createOneTimeToken('pr');
    expect(hash).toEqual(createHash('sha256').update(value).digest());
    expect(hashOneTimeToken(value)).toEqual(hash);
  });

  it('has another digest for any other spelling', () => {
    const { value, hash } = createOneTimeToken('pr');
    for (const other of [` ${value}`, `${value} `, value.toUpperCase(), value.slice(3), `${value}=`, ''])
      expect(hashOneTimeToken(other).equals(hash)).toBe(false);
  });
});

import { testConfig } from '../../../test/support/config.js';
import { ValidationFailed } from '../../platform/http/http.errors.js';
import { PasswordPolicy } from './password-policy.js';

const policy = new PasswordPolicy(testConfig());

function accepts(password: string, by = policy): boolean {
  try {
    by.assertAcceptable(password);
    return true;
  } catch (error) {
    if (error instanceof ValidationFailed) return false;
    throw error;
  }
}

describe('S1: the length of a password', () => {
  it('is 12 to 128 characters unless configured', () => {
    expect(accepts('x'.repeat(11))).toBe(false);
    expect(accepts('x'.repeat(12))).toBe(true);
    expect(accepts('x'.repeat(64))).toBe(true);
    expect(accepts('x'.repeat(128))).toBe(true);
    expect(accepts('x'.repeat(129))).toBe(false);
    expect(accepts('')).toBe(false);
  });

  it('has a floor that can be configured', () => {
    const short = new PasswordPolicy(testConfig({ PASSWORD_MIN_LENGTH: '8' }));
    expect(accepts('x'.repeat(7), short)).toBe(false);
    expect(accepts('x'.repeat(8), short)).toBe(true);
  });

  it('is counted in code points, not in bytes or UTF-16 units', () => {
    expect(accepts('🔑'.repeat(11))).toBe(false);
    expect(accepts('🔑'.repeat(12))).toBe(true);
    expect(accepts('🔑'.repeat(128))).toBe(true);
    expect(accepts('🔑'.repeat(129))).toBe(false);
  });

  it('is counted in the form that is hashed', () => {
    expect(accepts('e\u0301'.repeat(11))).toBe(false);
    expect(accepts('e\u0301'.repeat(128))).toBe(true);
    expect(accepts('\ufb03'.repeat(4))).toBe(true);
  });

  it('is found quickly, however long the text', () => {
    expect(accepts('x'.repeat(200_000))).toBe(false);
  });
});

describe('S6: a password', () => {
  it.each([
    'aaaaaaaaaaaa',
    'abcdefghijklmnopqrst',
    '            ',
    '123456789012',
    'ünï côdé ñàmé',
    '密码密码密码密码密码密码',
    '🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑',
  ])('needs no kinds of characters: %p', (password) => {
    expect(accepts(password)).toBe(true);
  });

  it('is not in the refusal', () => {
    expect(() => policy.assertAcceptable('cAnArY')).toThrow(/^((?!cAnArY).)*$/s);
  });
});

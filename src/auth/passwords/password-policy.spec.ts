import { dictionary } from '@zxcvbn-ts/language-common';
import { platformConfig } from '../../../test/support/environment.js';
import { passwordsSection, PasswordsConfig } from './passwords.config.js';
import { ProductConfig } from '../../platform/product/product.config.js';
import { ValidationFailed } from '../../platform/http/http.errors.js';
import { PasswordPolicy } from './password-policy.js';

function policyWith(env: Record<string, string>): PasswordPolicy {
  const config = platformConfig(env, passwordsSection);
  return new PasswordPolicy(config.get(PasswordsConfig), config.get(ProductConfig));
}
const policy = policyWith({});

/** The rule that refuses a password; null when it may be taken. */
function refusalOf(password: string, ownWords: readonly string[] = [], by = policy): string | null {
  try {
    by.assertAcceptable(password, ownWords);
    return null;
  } catch (error) {
    if (!(error instanceof ValidationFailed)) throw error;
    const { errors } = error.members as { errors: { field: string; rule: string }[] };
    return errors.map(({ rule }) => rule).join(' ');
  }
}

/** Letters in no order, none of them repeated within 26. */
const letters = (length: number) =>
  Array.from({ length }, (_, index) => String.fromCharCode(97 + ((index * 7) % 26))).join('');

describe('S1: the length of a password', () => {
  it('is 12 to 128 characters unless configured', () => {
    for (const length of [0, 1, 11, 129]) expect(refusalOf(letters(length))).toBe('passwordLength');
    for (const length of [12, 64, 128]) expect(refusalOf(letters(length))).toBeNull();
  });

  it('has a floor that can be configured', () => {
    const short = policyWith({ PASSWORD_MIN_LENGTH: '8' });
    expect(refusalOf(letters(7), [], short)).toBe('passwordLength');
    expect(refusalOf(letters(8), [], short)).toBeNull();
  });

  it('is counted in code points, not in bytes or UTF-16 units', () => {
    const symbols = (length: number) =>
      Array.from({ length }, (_, index) => String.fromCodePoint(0x1f400 + index)).join('');
    for (const length of [11, 129]) expect(refusalOf(symbols(length))).toBe('passwordLength');
    for (const length of [12, 128]) expect(refusalOf(symbols(length))).toBeNull();
  });

  it('is counted in the form that is hashed', () => {
    expect(refusalOf('e\u0301'.repeat(11))).toBe('passwordLength');
    expect(refusalOf('e\u0301'.repeat(128))).toBeNull();
    expect(refusalOf('\ufb03\ufb01\ufb02\ufb03\ufb04')).toBeNull();
  });

  it('is found quickly, however long the text', () => {
    expect(refusalOf('x'.repeat(200_000))).toBe('passwordLength');
  });

  it('is refused under the name of the field it came in', () => {
    expect(() => policy.assertAcceptable('short', [])).toThrow(
      expect.objectContaining({
        members: { errors: [expect.objectContaining({ field: 'newPassword' })] },
      }),
    );
    expect(() => policy.assertAcceptable('short', [], 'password')).toThrow(
      expect.objectContaining({ members: { errors: [expect.objectContaining({ field: 'password' })] } }),
    );
  });
});

describe('S5: a password that is tried first', () => {
  const long = dictionary['passwords-common'].filter((word) => word.length >= 12);
  /** 50 of the list, from the most to the least common. */
  const samples = Array.from(
    { length: 50 },
    (_, index) => long[Math.floor((index * long.length) / 50)] ?? '',
  );

  it.each(samples)('is refused as it is in the list and in capitals: %s', (word) => {
    expect(refusalOf(word)).toBe('passwordCommon');
    expect(refusalOf(word.toUpperCase())).toBe('passwordCommon');
  });

  it('is refused by the thousand where shorter ones may be chosen', () => {
    const eight = policyWith({ PASSWORD_MIN_LENGTH: '8' });
    const words = dictionary['passwords-common'].filter((word) => word.length >= 8);
    expect(words.length).toBeGreaterThan(3_000);
    expect(words.filter((word) => refusalOf(word, [], eight) !== 'passwordCommon')).toEqual([]);
  });

  it.each([
    'password1234',
    'Password2026!',
    '1234password',
    '!!password!!',
    '2026Administrator',
    'letmein-123456',
    'Monkey 1234567',
    'gatehouse2026',
    'Gatehouse!!!!',
  ])('is refused with digits and signs around it: %s', (password) => {
    expect(refusalOf(password)).toBe('passwordCommon');
  });

  it('is refused when it is the name of the product', () => {
    const corp = policyWith({ PRODUCT_NAME: 'Corp Identity' });
    for (const password of ['Corp Identity 1!', 'corpidentity2026', 'gatehouse2026'])
      expect(refusalOf(password, [], corp)).toBe('passwordCommon');
    expect(refusalOf('corpidentity2026')).toBeNull();
  });

  it.each(['passwordpassword', 'dragondragondragon', 'MonkeyMonkey', 'gatehousegatehouse', 'qwertyqwerty12'])(
    'is refused when it is said twice or more: %s',
    (password) => {
      expect(refusalOf(password)).toBe('passwordCommon');
    },
  );

  it.each(['ｐａｓｓｗｏｒｄ１２３４', 'PASSWORD１２３４'])('is refused in other widths: %s', (password) => {
    expect(refusalOf(password)).toBe('passwordCommon');
  });

  it.each(['correct horse battery staple', 'passwords are like underwear', 'my dragon eats monkeys'])(
    'may be a word among others: %s',
    (password) => {
      expect(refusalOf(password)).toBeNull();
    },
  );
});

describe('S5: a password made of what is known of its owner', () => {
  const WORDS = [
    'Una',
    'Hallgrim',
    'una.hallgrim@analytical.example',
    '+4915123456789',
    'keeper.of.quillfeather',
  ];

  it.each([
    'una.hallgrim@analytical.example',
    'UnaHallgrim1',
    'hallgrim2026',
    '2026-HALLGRIM',
    'hallgrimhallgrim',
    'una.hallgrim',
    'analytical123',
    'analytical.example',
    '+4915123456789',
    'x+4915123456789',
    'keeper.of.quillfeather',
    'Quillfeather1',
    'quillfeatherquillfeather',
    'ｈａｌｌｇｒｉｍ2026',
  ])('is refused: %s', (password) => {
    expect(refusalOf(password, WORDS)).toBe('passwordPersonal');
  });

  it.each(['hallgrim rides the night mail', 'tunafish and chips', letters(20)])(
    'may hold more than that: %s',
    (password) => {
      expect(refusalOf(password, WORDS)).toBeNull();
    },
  );

  it('is another one for somebody else', () => {
    expect(refusalOf('hallgrim2026', ['Grace', 'Hopper', 'grace@navy.example'])).toBeNull();
  });

  it('is not found in words too short to mean anything', () => {
    expect(refusalOf('bobsleighing', ['Bo', 'Li', 'b@x.io'])).toBeNull();
  });
});

describe('S6: a password', () => {
  it.each([
    'mzqhvtkwbxpf',
    letters(20),
    'plmoknijbuhvygctfxrd',
    '            ',
    '928374650192',
    'ünï côdé ñàmé',
    '密码密码密码密码密码密码',
    '🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑',
  ])('needs no kinds of characters: %p', (password) => {
    expect(refusalOf(password)).toBeNull();
  });

  it('may be any 20 lower-case letters', () => {
    for (let round = 0; round < 200; round += 1) {
      const bytes = crypto.getRandomValues(new Uint8Array(20));
      const password = Array.from(bytes, (byte) => String.fromCharCode(97 + (byte % 26))).join('');
      expect([password, refusalOf(password)]).toEqual([password, null]);
    }
  });

  it('is not in the refusal', () => {
    for (const password of ['cAnArY', 'cAnArY1cAnArY1', 'monkeymonkey']) {
      const refuse = () => policy.assertAcceptable(password, ['canary1']);
      expect(refuse).toThrow(ValidationFailed);
      expect(refuse).toThrow(expect.objectContaining({ message: expect.not.stringContaining(password) }));
    }
  });
});

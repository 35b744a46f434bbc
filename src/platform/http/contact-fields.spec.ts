import { canonicalEmail, isMobile } from './contact-fields.js';
import { EmailField, MobileField } from './fields.js';
import { ValidationFailed } from './http.errors.js';
import { createValidationPipe } from './validation.pipe.js';

class Contact {
  @EmailField({ optional: true })
  email?: string;

  @MobileField({ optional: true })
  mobile?: string;
}

const pipe = createValidationPipe();
const read = (body: Record<string, unknown>) =>
  pipe.transform(body, { type: 'body', metatype: Contact }) as Promise<Contact>;

describe('S87: an e-mail address', () => {
  it.each([
    ['as it is', 'ada@example.com', 'ada@example.com'],
    ['upper case', 'ADA@Example.COM', 'ada@example.com'],
    ['spaces around', '  ada@example.com\t\r\n', 'ada@example.com'],
    ['a tag and dots', 'Ada.Lovelace+News@example.com', 'ada.lovelace+news@example.com'],
    ['a domain in its xn-- form', 'ada@XN--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['the longest local part', `${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ])('is stored in one spelling: %s', async (_, given, stored) => {
    expect((await read({ email: given })).email).toBe(stored);
    expect(canonicalEmail(given)).toBe(stored);
    expect(canonicalEmail(stored)).toBe(stored);
  });

  it.each([
    ['dotless ı', 'adm\u0131n@example.com'],
    ['dotted İ', 'ADM\u0130N@example.com'],
    ['the Kelvin sign in the name', '\u212Aelvin@example.com'],
    ['the Kelvin sign in the domain', 'ada@\u212Aelvin.com'],
    ['the long s', 'ada@example.com'.replace('s', '').replace('x', '\u017F')],
    ['full-width letters', '\uFF41da@example.com'],
    ['a full-width at sign', 'ada\uFF20example.com'],
    ['an umlaut in the name', 'jürgen@example.com'],
    ['an umlaut in the domain', 'ada@bücher.example'],
    ['a letter with a combining mark', 'ade\u0301@example.com'],
    ['a Cyrillic look-alike', '\u0430da@example.com'],
    ['a zero-width space inside', 'ad\u200Ba@example.com'],
    ['a zero-width space in front', '\u200Bada@example.com'],
    ['a zero-width joiner', 'ada\u200D@example.com'],
    ['a soft hyphen', 'a\u00ADda@example.com'],
    ['a right-to-left override', '\u202Eada@example.com'],
    ['NUL at the end', 'ada@example.com\0'],
    ['NUL inside', 'ada\0@example.com'],
    ['a line break inside', 'ada@example.com\r\nBcc: eve@example.com'],
    ['a space inside', 'ad a@example.com'],
    ['a no-break space inside', 'ad\u00A0a@example.com'],
    ['an emoji', '🔑@example.com'],
    ['two addresses', 'ada@example.com,eve@example.com'],
    ['a name with it', 'Ada <ada@example.com>'],
    ['two at signs', 'ada@eve@example.com'],
    ['no domain', 'ada@'],
    ['no top-level domain', 'ada@localhost'],
    ['an address for a domain', 'ada@[127.0.0.1]'],
    ['nothing', ''],
    ['64 KB', `${'a'.repeat(65_536)}@example.com`],
    ['a long name', `${'a'.repeat(65)}@example.com`],
    ['192 characters', `ada@${'a.'.repeat(92)}com1`],
  ])('is refused with %s', async (_, email) => {
    await expect(read({ email })).rejects.toThrow(ValidationFailed);
  });

  it.each([[['ada@example.com']], { value: 'ada@example.com' }, 5, true, null])(
    'S52: is one string, not %p',
    async (email) => {
      await expect(read({ email })).rejects.toThrow(ValidationFailed);
    },
  );

  it('is not found by a look-alike: canonical spelling folds ASCII letters only', () => {
    const look = [
      '\u212Aelvin@example.com',
      'ADM\u0130N@example.com',
      '\uFF21da@example.com',
      'ad\u200Ba@example.com',
    ];
    const ascii = /^[\x21-\x7e]+$/;
    expect(look.map(canonicalEmail).filter((value) => ascii.test(value))).toEqual([]);
  });
});

describe('a mobile number', () => {
  it.each(['+4915123456789', '+14155552671', '+447911123456', '+919876543210'])(
    'is taken in E.164: %s',
    async (mobile) => {
      expect((await read({ mobile })).mobile).toBe(mobile);
      expect(isMobile(mobile)).toBe(true);
    },
  );

  it.each([
    ['no country', '015123456789'],
    ['no plus', '4915123456789'],
    ['two zeros for the plus', '004915123456789'],
    ['spaces', '+49 151 23456789'],
    ['hyphens', '+1-415-555-2671'],
    ['a national zero', '+49015123456789'],
    ['a country that does not exist', '+999123456789'],
    ['too few digits', '+491512'],
    ['too many digits', '+4915123456789012'],
    ['digits of another script', '+٤٩١٥١٢٣٤٥٦٧٨٩'],
    ['an extension', '+14155552671;ext=5'],
    ['letters', '+1415555CALL'],
    ['a line break', '+14155552671\n'],
    ['NUL', '+14155552671\0'],
    ['nothing', ''],
    ['64 KB', `+${'1'.repeat(65_536)}`],
  ])('is refused with %s', async (_, mobile) => {
    await expect(read({ mobile })).rejects.toThrow(ValidationFailed);
    expect(isMobile(mobile)).toBe(false);
  });

  it.each([[['+14155552671']], 14_155_552_671, { value: '+14155552671' }, null])(
    'is one string, not %p',
    async (mobile) => {
      await expect(read({ mobile })).rejects.toThrow(ValidationFailed);
      expect(isMobile(mobile)).toBe(false);
    },
  );
});

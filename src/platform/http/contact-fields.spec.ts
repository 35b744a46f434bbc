import { canonicalEmail, canonicalMobile, isMobile } from '../../common/canonical-contact.js';
import { EmailField, MobileField } from './fields.js';
import { ValidationFailed } from './http.errors.js';
import { createValidationPipe } from './validation.pipe.js';

class Contact {
  @EmailField({ optional: true })
  email?: string;

  @MobileField({ optional: true })
  mobile?: string;
}

const pipe = createValidationPipe('DE');
const pipeOfNowhere = createValidationPipe();
const read = (body: Record<string, unknown>) =>
  pipe.transform(body, { type: 'body', metatype: Contact }) as Promise<Contact>;

describe('S87: an e-mail address', () => {
  it.each([
    ['as it is', 'ada@example.com', 'ada@example.com'],
    ['upper case', 'ADA@Example.COM', 'ada@example.com'],
    ['spaces around', '  ada@example.com\t\r\n', 'ada@example.com'],
    ['a tag and dots', 'Ada.Lovelace+News@example.com', 'ada.lovelace+news@example.com'],
    ['a domain in its xn-- form', 'ada@XN--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['a domain in Unicode', 'Ada@B\u00fccher.Example', 'ada@xn--bcher-kva.example'],
    ['a domain with a combining mark', 'ada@bu\u0308cher.example', 'ada@xn--bcher-kva.example'],
    ['a domain in Cyrillic', 'ada@пример.рф', 'ada@xn--e1afmkfd.xn--p1ai'],
    ['a domain in Japanese, with its full stop', 'ada@例え。テスト', 'ada@xn--r8jz45g.xn--zckzah'],
    ['a sharp s in the domain', 'ada@straße.example', 'ada@xn--strae-oqa.example'],
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
    ['a Cyrillic letter among Latin ones in the domain', 'ada@ex\u0430mple.com'],
    ['full-width letters in the domain', 'ada@\uFF45xample.com'],
    ['an address of full-width digits for a domain', 'ada@\uFF10x7f.1'],
    ['a soft hyphen in the domain', 'ada@ex\u00ADample.com'],
    ['a zero-width joiner in the domain', 'ada@b\u200Dücher.example'],
    ['a path behind a domain in Unicode', 'ada@a.example/ü'],
    ['a port behind a domain in Unicode', 'ada@ü.example:25'],
    ['percent escapes in a domain in Unicode', 'ada@ü%41.example'],
    ['a sign in the domain', 'ada@☃.example'],
    ['a lone surrogate', 'ada@\ud800.example'],
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
    ['spaces', '+49 151 23456789'],
    ['hyphens of any kind', '+49-151\u201123456\u2013789'],
    ['parentheses', '+49 (151) 2345 6789'],
    ['a national zero in parentheses', '+49 (0)151 / 23456789'],
    ['a national zero', '+49015123456789'],
    ['dots', '+49.151.2345.6789'],
    ['two zeros for the plus', '0049 151 23456789'],
    ['the number of the region', '0151 23456789'],
    ['the number of the region in parentheses', '(0151) 2345-6789'],
    ['no-break spaces and marks of direction', '\u202a+49\u00a0151\u00a023456789\u202c'],
    ['full-width digits', '＋４９１５１２３４５６７８９'],
    ['a line break behind it', '+4915123456789\n'],
  ])('F21: is read as people write it, with %s', async (_, mobile) => {
    expect((await read({ mobile })).mobile).toBe('+4915123456789');
    expect(canonicalMobile('+4915123456789', 'DE')).toBe('+4915123456789');
  });

  it('F21: without a region needs its country', async () => {
    const readNowhere = (mobile: string) =>
      pipeOfNowhere.transform({ mobile }, { type: 'body', metatype: Contact }) as Promise<Contact>;
    await expect(readNowhere('0151 23456789')).rejects.toThrow(ValidationFailed);
    expect((await readNowhere('0049 151 23456789')).mobile).toBe('+4915123456789');
  });

  it.each([
    ['a country code without a plus', '4915123456789'],
    ['an emergency number', '110'],
    ['a country that does not exist', '+999123456789'],
    ['too few digits', '+491512'],
    ['too many digits', '+4915123456789012'],
    ['digits of another script', '+٤٩١٥١٢٣٤٥٦٧٨٩'],
    ['an extension', '+14155552671;ext=5'],
    ['letters', '+1415555CALL'],
    ['a line break inside', '+1415\n5552671'],
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

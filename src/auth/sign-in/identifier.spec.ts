import { parseIdentifier } from './identifier.js';

describe('parseIdentifier', () => {
  it.each([
    ['Ada@Example.com', 'email', 'ada@example.com'],
    [' ada@example.com\r\n', 'email', 'ada@example.com'],
    ['+4915123456789', 'mobile', '+4915123456789'],
    ['Ada.Lovelace', 'username', 'ada.lovelace'],
    ['a-_.', 'username', 'a-_.'],
  ])('reads %j as %s %s', (text, type, value) => {
    expect(parseIdentifier(text)).toEqual({ type, value });
  });

  it.each([
    '',
    ' ',
    'ad',
    '4915123456789',
    '+0000000000',
    '1ada',
    'ada lovelace',
    'a@b.example,c@d.example',
    'a@b.example;c@d.example',
    'a@b.example c@d.example',
    'a@b.example\r\nBcc: c@d.example',
    '"a@b.example" <c@d.example>',
    '"ada"@example.com',
    '"a\\da"@example.com',
    '"a@b.example"@example.com',
    '\u0131da@example.com',
    '\u212aate@example.com',
    '\u212aate',
    '\uff41da@example.com',
    'ada@ex\u0430mple.com',
    'a\0da',
    `${'a'.repeat(192)}@example.com`,
  ])('S52: does not take %j for anybody', (text) => {
    expect(parseIdentifier(text)).toBeNull();
  });
});

import { LANGUAGES } from '../common/language.js';
import type { MessageKind, MessageParams, ParamsOf } from './message.js';
import { render, TEXTS } from './render.js';

/** Would be markup, a header or a paragraph, if it were let. */
const NASTY = `<b>"x"</b>&'`;
const ESCAPED = '&#60;b&#62;&#34;x&#34;&#60;/b&#62;&#38;&#39;';

/** One message of every kind; the compiler asks for those that are missing. */
const SAMPLES: { readonly [Kind in MessageKind]: ParamsOf<Kind> } = {
  verification_code: { kind: 'verification_code', code: `482913${NASTY}`, minutes: 17 },
  sign_in_code: { kind: 'sign_in_code', code: `482913${NASTY}`, minutes: 17 },
  already_registered: { kind: 'already_registered', link: `https://id.example.com/recover?${NASTY}` },
  invitation: { kind: 'invitation', link: `https://id.example.com/i?${NASTY}`, hours: 17 },
  password_reset: { kind: 'password_reset', link: `https://id.example.com/r?${NASTY}`, minutes: 17 },
  welcome: { kind: 'welcome', firstName: `Ada${NASTY}` },
  password_changed: { kind: 'password_changed' },
  account_locked: { kind: 'account_locked', link: 'https://id.example.com/recovery' },
  refresh_reuse: { kind: 'refresh_reuse' },
  account_linked: { kind: 'account_linked', provider: `GitHub${NASTY}` },
  account_unlinked: { kind: 'account_unlinked', provider: `GitHub${NASTY}` },
  identity_added: { kind: 'identity_added', contact: `a***@example.com${NASTY}` },
  identity_removed: { kind: 'identity_removed', contact: `a***@example.com${NASTY}` },
  identity_changed: { kind: 'identity_changed', contact: `a***@example.com${NASTY}` },
};
const PRODUCT = `Gate & House`;

const cases = LANGUAGES.flatMap((language) =>
  Object.values<MessageParams>(SAMPLES).map((params) => [language, params.kind, params] as const),
);

const paramsOf = (params: MessageParams): string[] =>
  Object.entries(params).flatMap(([name, value]: [string, unknown]) =>
    name === 'kind' ? [] : [String(value)],
  );

describe.each(cases)('in %s, the message %s', (language, _, params) => {
  const mail = render('email', language, params, PRODUCT);
  const sms = render('mobile', language, params, PRODUCT);

  it('says everything it is given in text, in HTML and in the text message', () => {
    for (const param of paramsOf(params)) {
      expect(mail.text).toContain(param);
      expect(mail.html).toContain(param.replace(NASTY, ESCAPED));
      expect(sms.text).toContain(param);
    }
  });

  it('S91: escapes everything in HTML', () => {
    expect(mail.html).not.toContain('<b>');
    expect(mail.html).not.toMatch(/&(?!#\d+;)/);
    expect(mail.html).toContain('Gate &#38; House');
  });

  it('S91: is made of one line each: subject, text message and paragraphs', () => {
    const broken = Object.fromEntries(
      Object.entries(params).map(([name, value]: [string, unknown]) => [
        name,
        typeof value === 'string' && name !== 'kind'
          ? `${value}\r\nBcc: eve@example.com\u2028\u0000.`
          : value,
      ]),
    ) as MessageParams;
    const rendered = render('email', language, broken, PRODUCT);
    for (const text of [rendered.subject, render('mobile', language, broken, PRODUCT).text])
      for (const control of ['\r', '\n', '\u2028', '\u0000']) expect(text).not.toContain(control);
    expect(rendered.text).not.toMatch(/^Bcc/m);
    expect(rendered.text.split('\n')).toHaveLength(mail.text.split('\n').length);
  });

  it('has a subject without a secret, and no gap in its sentences', () => {
    expect(mail.subject.length).toBeGreaterThan(5);
    expect(mail.subject).not.toMatch(/482913|https?:/);
    for (const text of [mail.subject, mail.text, mail.html, sms.text])
      expect(text).not.toMatch(/undefined|null|NaN|\[object|\$\{/);
  });

  it('names the product it comes from', () => {
    expect(mail.text).toContain(PRODUCT);
    expect(sms.text.startsWith(`${PRODUCT}: `)).toBe(true);
  });

  it('carries code and link beside the text, for the mailbox of development', () => {
    for (const rendered of [mail, sms]) {
      expect(rendered.code).toBe('code' in params ? params.code : undefined);
      expect(rendered.link).toBe('link' in params ? params.link : undefined);
    }
    expect(sms.html).toBeUndefined();
  });

  it('is a page in its language, with the link to click and to read', () => {
    expect(mail.html).toContain(`<html lang="${language}">`);
    expect(mail.html?.match(/<a href="/g)?.length ?? 0).toBe('link' in params ? 1 : 0);
  });

  it('loads nothing and runs nothing', () => {
    expect(mail.html).not.toMatch(/<(?:script|img|link|iframe|form|object)|\bon\w+=|url\(/i);
  });
});

describe('the languages', () => {
  it('have texts for the same kinds of messages', () => {
    for (const language of LANGUAGES)
      expect(Object.keys(TEXTS[language].messages).toSorted()).toEqual(Object.keys(SAMPLES).toSorted());
  });

  it('say the same thing differently', () => {
    for (const params of Object.values<MessageParams>(SAMPLES)) {
      const subjects = LANGUAGES.map((language) => render('email', language, params, PRODUCT).subject);
      expect(new Set(subjects).size).toBe(LANGUAGES.length);
    }
  });

  it.each(['fr', '', 'EN', '__proto__', 'constructor'])('are English for %p', (language) => {
    const params = SAMPLES.password_changed;
    expect(render('email', language, params, PRODUCT)).toEqual(render('email', 'en', params, PRODUCT));
  });

  it.each([
    ['en', 1, '1 minute ', '1 hour '],
    ['en', 2, '2 minutes ', '2 hours '],
    ['de', 1, '1 Minute ', '1 Stunde '],
    ['de', 2, '2 Minuten ', '2 Stunden '],
  ])('count: %s, %i', (language, count, minutes, hours) => {
    const code = { kind: 'sign_in_code', code: '123456', minutes: count } as const;
    const invitation = { kind: 'invitation', link: 'https://id.example.com', hours: count } as const;
    expect(render('email', language, code, PRODUCT).text).toContain(minutes);
    expect(render('email', language, invitation, PRODUCT).text).toContain(hours);
  });
});

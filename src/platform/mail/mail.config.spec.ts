import { faultsIn } from '../../../test/support/refused-config.js';
import { MailConfig } from './mail.config.js';
import { SmsConfig } from '../sms/sms.config.js';
import { loadConfig } from '../config/config.js';
import { platformSections } from '../platform.config.js';

const TWILIO = {
  SMS_PROVIDER: 'twilio',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'fe98dc76ba54',
  TWILIO_FROM: '+15005550006',
};
const load = (env: NodeJS.ProcessEnv) => loadConfig(env, platformSections(4), () => ({}));
const faultsOf = (env: NodeJS.ProcessEnv) => faultsIn(() => load(env));

/** Of these variables; production demands others as well. */
const faultOf = (name: string, env: NodeJS.ProcessEnv) => faultsOf(env)[name];

describe('SMTP_URL', () => {
  it.each([
    ['smtp://mail.internal', { host: 'mail.internal', port: 587, secure: false, auth: null }],
    ['smtps://mail.internal/', { host: 'mail.internal', port: 465, secure: true, auth: null }],
    ['smtp://localhost:1025', { host: 'localhost', port: 1025, secure: false, auth: null }],
    ['smtp://[::1]:25', { host: '::1', port: 25, secure: false, auth: null }],
    [
      'smtp://a%40b.c:p%3A%2F%40s@mail.internal:25',
      { host: 'mail.internal', port: 25, secure: false, auth: { user: 'a@b.c', pass: 'p:/@s' } },
    ],
  ])('is read: %s', (url, smtp) => {
    expect(load({ SMTP_URL: url }).get(MailConfig).smtp).toEqual(smtp);
  });

  it.each([
    'mail.internal:587',
    'http://mail.internal',
    'smtp://',
    'smtp:mail.internal',
    'smtp://mail.internal:0',
    'smtp://mail.internal:65536',
    'smtp://user@mail.internal',
    'smtp://:password@mail.internal',
    'smtp://user:p%@mail.internal',
    'smtp://user:p%0D%0AQUIT@mail.internal',
    'smtp://mail.internal/path',
    'smtp://mail.internal#x',
  ])('is refused: %s', (url) => {
    expect(faultOf('SMTP_URL', { SMTP_URL: url })).toMatch(/^must look like smtp:/);
  });

  it.each(['?tls.rejectUnauthorized=false', '?ignoreTLS=true', '?proxy=http://evil.example'])(
    'takes no options that weaken TLS or lead elsewhere: %s',
    (query) => {
      expect(faultOf('SMTP_URL', { SMTP_URL: `smtps://mail.internal${query}` })).toBeDefined();
    },
  );
});

describe('MAIL_FROM', () => {
  it.each([
    ['no-reply@corp.example', { name: '', address: 'no-reply@corp.example' }],
    ['Corp Identity <id+1@corp.example>', { name: 'Corp Identity', address: 'id+1@corp.example' }],
    ['Büro, Köln <id@corp.example>', { name: 'Büro, Köln', address: 'id@corp.example' }],
  ])('is read: %s', (value, from) => {
    expect(load({ MAIL_FROM: value }).get(MailConfig).from).toEqual(from);
  });

  it.each([
    'corp.example',
    'Corp <id>',
    'Corp <id@>',
    'Corp <id@corp.example',
    'a@corp.example, b@corp.example',
    'Corp <a@corp.example> <b@corp.example>',
    'Corp\r\nBcc: eve@example.com <id@corp.example>',
    'id@corp.example\r\nBcc: eve@example.com',
    'Corp <id@corp.example\n>',
  ])('S91: is refused: %j', (value) => {
    expect(faultOf('MAIL_FROM', { MAIL_FROM: value })).toBe(
      'must look like Gatehouse <no-reply@example.com>',
    );
  });

  it('must be set in production when mail is sent', () => {
    const env = { NODE_ENV: 'production', SMTP_URL: 'smtps://mail.internal' };
    expect(faultOf('MAIL_FROM', env)).toMatch(/^must be set in production when SMTP_URL is/);
    expect(faultOf('MAIL_FROM', { ...env, MAIL_FROM: 'id@corp.example' })).toBeUndefined();
    expect(faultOf('MAIL_FROM', { ...env, SMTP_URL: '' })).toBeUndefined();
    expect(faultsOf({ ...env, NODE_ENV: 'development' })).toEqual({});
  });
});

describe('SMS_PROVIDER', () => {
  it('is none, log or twilio', () => {
    expect(load({}).get(SmsConfig).via).toEqual({ provider: null });
    expect(load({ SMS_PROVIDER: 'log' }).get(SmsConfig).via).toEqual({ provider: 'log' });
    expect(load({ ...TWILIO, TWILIO_FROM: `MG${'0'.repeat(32)}` }).get(SmsConfig).via).toEqual({
      provider: 'twilio',
      accountSid: TWILIO.TWILIO_ACCOUNT_SID,
      authToken: TWILIO.TWILIO_AUTH_TOKEN,
      from: `MG${'0'.repeat(32)}`,
      apiUrl: 'https://api.twilio.com',
    });
    expect(Object.keys(faultsOf({ SMS_PROVIDER: 'pigeon' }))).toEqual(['SMS_PROVIDER']);
  });

  it('asks for every setting of Twilio at once, and only when it is twilio', () => {
    const asked = { ...TWILIO, TWILIO_ACCOUNT_SID: '', TWILIO_AUTH_TOKEN: '', TWILIO_FROM: '' };
    const reason = 'must be set when SMS_PROVIDER is twilio';
    expect(faultsOf(asked)).toEqual({
      TWILIO_ACCOUNT_SID: reason,
      TWILIO_AUTH_TOKEN: reason,
      TWILIO_FROM: reason,
    });
    expect(faultsOf({ ...asked, SMS_PROVIDER: 'log' })).toEqual({});
  });

  it.each([
    ['TWILIO_ACCOUNT_SID', ['AC123', `SK${'0'.repeat(32)}`, `AC${'0'.repeat(31)}/`, `AC${'0'.repeat(33)}`]],
    ['TWILIO_AUTH_TOKEN', ['two words', 'line\nbreak', 'your-auth-token']],
    ['TWILIO_FROM', ['15005550006', '+0123456789', 'Corp', 'MG123', '+15005550006\r\n']],
    ['TWILIO_API_URL', ['api.twilio.com', 'ftp://api.twilio.com']],
  ])('names %s when it has a wrong value', (name, values) => {
    for (const value of values) expect(Object.keys(faultsOf({ ...TWILIO, [name]: value }))).toEqual([name]);
  });

  it('sends the token of Twilio over https only in production', () => {
    const env = { ...TWILIO, TWILIO_API_URL: 'http://sms.internal' };
    expect(faultsOf(env)).toEqual({});
    expect(faultOf('TWILIO_API_URL', { ...env, NODE_ENV: 'production' })).toMatch(/^must be an https URL/);
  });
});

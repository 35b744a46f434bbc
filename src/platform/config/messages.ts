import { z } from 'zod';
import { baseUrl, EXAMPLE_SECRET } from './variables.js';

export interface MailConfig {
  /** Null: nothing is sent. Development catches mail in its mailbox then. */
  readonly smtp: SmtpSettings | null;
  readonly from: Mailbox;
}

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte on (`smtps:`); else by STARTTLS. */
  readonly secure: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | null;
}

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

export interface TwilioSettings {
  readonly accountSid: string;
  readonly authToken: string;
  /** A number in E.164 form or the sid of a messaging service. */
  readonly from: string;
  readonly apiUrl: string;
}

/** Without a provider nothing is sent. Development catches text messages in its mailbox then. */
export type SmsConfig =
  | { readonly provider: 'log' }
  | ({ readonly provider: 'twilio' } & TwilioSettings)
  | { readonly provider: null };

const TWILIO_NAMES = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'] as const;

/** A plain address in ASCII, or one with a name: `Gatehouse <no-reply@example.com>`. */
const MAILBOX = /^(?:(?<name>[^<>@"\p{Cc}]+?) *<(?<inner>[^<>]+)>|(?<plain>[^<>]+))$/u;
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i;

const smtpUrl = z
  .string()
  .refine(
    isSmtpUrl,
    'must look like smtp://user:password@host:587 or smtps://user:password@host:465, with nothing behind the port',
  );
const mailFrom = z
  .string()
  .refine(
    (value) => ADDRESS.test(mailboxOf(value).address),
    'must look like Gatehouse <no-reply@example.com>',
  );

/** The variables about mail and text messages. */
export const messageVariables = {
  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: mailFrom.default('Gatehouse <no-reply@localhost>'),
  SMS_PROVIDER: z.enum(['log', 'twilio']).optional(),
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/i, 'must be the account sid: AC and 32 hexadecimal digits')
    .optional(),
  TWILIO_AUTH_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must have no spaces')
    .optional(),
  TWILIO_FROM: z
    .string()
    .regex(
      /^(?:\+[1-9]\d{6,14}|MG[0-9a-f]{32})$/i,
      'must be a number like +15005550006 or a messaging service sid',
    )
    .optional(),
  TWILIO_API_URL: baseUrl.default('https://api.twilio.com'),
};

type MessageEnvironment = z.infer<z.ZodObject<typeof messageVariables>>;
type Unparsed = Readonly<Record<string, string | undefined>>;

/** What is wrong between these variables, each by itself being right. */
export function* messageFaults(env: Unparsed, isProduction: boolean): Iterable<[string, string]> {
  if (isProduction && env.SMTP_URL && !env.MAIL_FROM)
    yield ['MAIL_FROM', 'must be set in production when SMTP_URL is: mail is sent from this address'];
  if (!env.SMS_PROVIDER && TWILIO_NAMES.some((name) => env[name]))
    yield ['SMS_PROVIDER', 'must be twilio for the TWILIO settings to be used; log sends nothing'];
  if (env.SMS_PROVIDER !== 'twilio') return;
  for (const name of TWILIO_NAMES) if (!env[name]) yield [name, 'must be set when SMS_PROVIDER is twilio'];
  if (env.TWILIO_AUTH_TOKEN && EXAMPLE_SECRET.test(env.TWILIO_AUTH_TOKEN))
    yield ['TWILIO_AUTH_TOKEN', 'is an example value; it is shown in the console of Twilio'];
  if (isProduction && env.TWILIO_API_URL?.startsWith('http:'))
    yield ['TWILIO_API_URL', 'must be an https URL in production: the auth token goes there'];
}

export function toMail(env: MessageEnvironment): MailConfig {
  return { smtp: env.SMTP_URL ? smtpSettingsOf(env.SMTP_URL) : null, from: mailboxOf(env.MAIL_FROM) };
}

export function toSms(env: MessageEnvironment): SmsConfig {
  if (env.SMS_PROVIDER !== 'twilio') return { provider: env.SMS_PROVIDER ?? null };
  return {
    provider: 'twilio',
    accountSid: env.TWILIO_ACCOUNT_SID ?? '',
    authToken: env.TWILIO_AUTH_TOKEN ?? '',
    from: env.TWILIO_FROM ?? '',
    apiUrl: env.TWILIO_API_URL,
  };
}

/** Options in the address, such as one to skip the check of certificates, are refused: nothing may weaken TLS. */
function isSmtpUrl(value: string): boolean {
  if (!/^smtps?:\/\//i.test(value) || !URL.canParse(value)) return false;
  const { hostname, port, pathname, search, hash, username, password } = new URL(value);
  const isBare = /^\/?$/.test(pathname) && search === '' && hash === '';
  const isComplete = (username === '') === (password === '');
  return (
    hostname !== '' && port !== '0' && isBare && isComplete && canDecode(username) && canDecode(password)
  );
}

function canDecode(value: string): boolean {
  try {
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    return !/[\u0000-\u001f\u007f]/.test(decodeURIComponent(value));
  } catch {
    return false;
  }
}

function smtpSettingsOf(value: string): SmtpSettings {
  const { protocol, hostname, port, username, password } = new URL(value);
  const secure = protocol === 'smtps:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    auth: username === '' ? null : { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
  };
}

function mailboxOf(value: string): Mailbox {
  const { name = '', inner, plain = '' } = MAILBOX.exec(value.trim())?.groups ?? {};
  return { name: name.trim(), address: inner ?? plain };
}

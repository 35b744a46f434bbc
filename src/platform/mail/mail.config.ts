import { z } from 'zod';
import { defineSection } from '../config/section.js';
import { canDecode } from '../config/variables.js';

export abstract class MailConfig {
  /** Null: nothing is sent. Development catches mail in its mailbox then. */
  abstract readonly smtp: SmtpSettings | null;
  abstract readonly from: Mailbox;
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

export const mailSection = defineSection(MailConfig, {
  variables: {
    SMTP_URL: smtpUrl.optional(),
    MAIL_FROM: mailFrom.default('Gatehouse <no-reply@localhost>'),
  },
  *faults(set, isProduction) {
    if (isProduction && set.SMTP_URL && !set.MAIL_FROM)
      yield ['MAIL_FROM', 'must be set in production when SMTP_URL is: mail is sent from this address'];
  },
  read: (env) => ({
    smtp: env.SMTP_URL ? smtpSettingsOf(env.SMTP_URL) : null,
    from: mailboxOf(env.MAIL_FROM),
  }),
});

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

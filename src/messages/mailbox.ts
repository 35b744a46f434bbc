import type { Contact } from './contact.js';

/** Domains that are one service: what is sent to one arrives at the other. */
const ALIASES: Readonly<Record<string, string>> = {
  'googlemail.com': 'gmail.com',
  'pm.me': 'proton.me',
  'protonmail.com': 'proton.me',
  'me.com': 'icloud.com',
  'mac.com': 'icloud.com',
  'ya.ru': 'yandex.ru',
  'yandex.com': 'yandex.ru',
};

/** What these services leave out of the part before the @ when they deliver. */
const IGNORED: Readonly<Record<string, RegExp>> = { 'gmail.com': /\./g, 'proton.me': /[._-]/g };

/**
 * The mailbox an address leads to, to count by, never to write to: without a tag (`ada+shop@`, RFC 5233, which nearly all
 * servers deliver to `ada@`), and for well-known services without what they ignore. Where a server takes a plus
 * literally, two people share what is counted, and no more.
 */
export function mailboxOf({ type, value }: Contact): string {
  if (type !== 'email') return value;
  const at = value.lastIndexOf('@');
  const domain = value.slice(at + 1).replace(/\.$/, '');
  const service = ALIASES[domain] ?? domain;
  const untagged = value.slice(0, at).replace(/(?<=.)\+.*$/s, '');
  const local = untagged.replace(IGNORED[service] ?? /(?!)/, '');
  return `${local || untagged}@${service}`;
}

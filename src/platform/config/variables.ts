import { isIP, isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { ownSettingIn } from './own-settings.js';

const SECRET_MIN_LENGTH = 32;
/** What `.env.example` shows in place of a secret; accepted nowhere. */
export const EXAMPLE_SECRET = /change[-_ ]?me|example|placeholder|your[-_ ]|^(.)\1*$/i;
/** Random characters practically never hold these, nor as few different ones as this, nor so many in a row. */
const GUESSABLE = /password|secret|qwerty|gatehouse|insecure|development|123456|abcdef/i;
const LEAST_DIFFERENT = 8;
const SAME_STEPS = 0.5;

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`);
export const secret = z
  .string()
  .min(
    SECRET_MIN_LENGTH,
    `must have at least ${SECRET_MIN_LENGTH} characters; make one with: openssl rand -base64 48`,
  )
  .refine(
    (value) => !EXAMPLE_SECRET.test(value),
    'is an example value; make one with: openssl rand -base64 48',
  )
  .refine((value) => !isGuessable(value), 'can be guessed; make a random one with: openssl rand -base64 48');
const urlOf = (scheme: RegExp, example: string) =>
  z
    .string()
    .refine((value) => isUrl(value, scheme), `must look like ${example}`)
    .refine(
      isEscaped,
      'holds a character that must be escaped in user, password and path: % as %25, # as %23, / as %2F, ? as %3F, @ as %40',
    );
/** Where paths are appended to: without a trailing slash, spelled as browsers spell it. */
export const baseUrl = z
  .string()
  .refine((value) => isUrl(value, /^https?:$/), 'must be an http or https URL')
  .refine(isBare, 'must be an http or https URL without user, query and fragment, % as %25')
  .transform((value) => {
    const { origin, pathname } = new URL(value);
    return `${origin}${pathname}`.replace(/\/+$/, '');
  });
export const postgresUrl = urlOf(
  /^postgres(ql)?:$/,
  'postgres://user:password@host:5432/database',
).superRefine((value, issues) => {
  const name = URL.canParse(value) ? ownSettingIn(value) : undefined;
  if (name !== undefined) issues.addIssue(`must not set ${name}: the service sets it itself`);
});
export const redisUrl = urlOf(/^rediss?:$/, 'redis://host:6379').refine(
  (value) => !URL.canParse(value) || /^(\/\d{0,5})?$/.test(new URL(value).pathname),
  'must have nothing but the number of a database after the host: redis://host:6379/1',
);
export const rabbitUrl = urlOf(/^amqps?:$/, 'amqp://user:password@host:5672/vhost');
export const origin = z
  .string()
  .refine(isOrigin, 'must be origins like https://app.example.com, each host by its whole name');
export const listenAddress = z
  .string()
  .transform((value) => value.replace(/^\[(.+)\]$/, '$1'))
  .refine(
    (value) => isIP(value) > 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value),
    'must be an address or a name of this machine, without port; 0.0.0.0 is all of IPv4, :: all there are',
  );
export const cidr = z.string().refine(isCidr, 'must be addresses or networks like 10.0.0.0/8');
export const proxies = cidr.refine(
  (value) => !isCidr(value) || !isVast(value),
  'must be the networks of your own proxies: in one this wide, anybody could pretend to have any address',
);
/** Values separated by commas. */
export const list = <Item extends z.ZodType<string, string>>(item: Item) =>
  z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .pipe(z.array(item));

function isCidr(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/');
  const max = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return (
    max > 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= max))
  );
}

/** Read as it is written: what `new URL` would cut off or drop without a word is refused. */
function isUrl(value: string, scheme: RegExp): boolean {
  if (/[\s\\\p{Cc}]/u.test(value) || !URL.canParse(value)) return false;
  const { protocol, port } = new URL(value);
  return scheme.test(protocol) && value.slice(protocol.length, protocol.length + 2) === '//' && port !== '0';
}

/** A raw `#`, `/` or `?` in a password ends the host before it began: the rest, `@` and all, is elsewhere then. */
function isEscaped(value: string): boolean {
  if (!URL.canParse(value)) return true;
  const { hash, pathname, search } = new URL(value);
  return hash === '' && !`${pathname}${search}`.includes('@') && canDecode(value);
}

/** Whether every `%` begins an escape, and none of them is a control character. */
export function canDecode(value: string): boolean {
  try {
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    return !/[\u0000-\u001f\u007f]/.test(decodeURIComponent(value));
  } catch {
    return false;
  }
}

function isBare(value: string): boolean {
  if (!URL.canParse(value)) return true;
  const { username, password } = new URL(value);
  return username === '' && password === '' && !/[?#@]|%(?![0-9a-f]{2})/i.test(value);
}

/** What a browser sends as `Origin`: of the web, or of an app around a web view, whose scheme is its own. */
function isOrigin(value: string): boolean {
  if (/^(?!(?:https?|wss?|ftp|file):)[a-z][a-z0-9+.-]*:\/\/[\w.-]+(?::\d+)?$/.test(value)) return true;
  if (value.includes('*') || !URL.canParse(value)) return false;
  return /^https?:/.test(value) && new URL(value).origin === value;
}

/** Over a wire: what never leaves this machine needs no TLS. */
export function isPlainHttp(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'http:' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Whether a network is wider than any in which proxies could be, IPv4 written as IPv6 included. */
function isVast(value: string): boolean {
  const [address = '', prefix] = value.split('/');
  if (prefix === undefined) return false;
  const [network, bits] = [ipaddr.parse(address), Number(prefix)];
  if (network.kind() === 'ipv4') return bits < 8;
  const mapped = ipaddr.IPv6.parse('::ffff:0.0.0.0');
  if (mapped.match(network, Math.min(bits, 96))) return bits < 96 + 8;
  return bits < (['uniqueLocal', 'linkLocal'].includes(network.range()) ? 7 : 16);
}

/** Made by hand: a group of characters repeated, few different ones, a row of the alphabet, or a word. */
function isGuessable(value: string): boolean {
  const characters = Array.from(value);
  if (new Set(characters).size < LEAST_DIFFERENT || GUESSABLE.test(value)) return true;
  const repeats = (period: number) =>
    characters.every((one, i) => i < period || one === characters[i - period]);
  if (characters.some((_, i) => i > 0 && i <= characters.length / 2 && repeats(i))) return true;
  const steps = characters.slice(1).map((one, i) => one.charCodeAt(0) - (characters[i] ?? '').charCodeAt(0));
  return [-1, 0, 1].some((step) => steps.filter((one) => one === step).length > steps.length * SAME_STEPS);
}

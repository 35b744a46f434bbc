import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';

const SECRET_MIN_LENGTH = 32;
/** What `.env.example` shows in place of a secret; accepted nowhere. */
export const EXAMPLE_SECRET = /change[-_ ]?me|example|placeholder|your[-_ ]|^(.)\1*$/i;

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
  );
export const httpUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    'must be an http or https URL',
  )
  .transform((value) => value.replace(/\/+$/, ''));
export const postgresUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol),
    'must look like postgres://user:password@host:5432/database',
  );

export const redisUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol),
    'must look like redis://host:6379',
  );
export const rabbitUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^amqps?:$/.test(new URL(value).protocol),
    'must look like amqp://user:password@host:5672/vhost',
  );
export const httpOrigin = z
  .string()
  .refine(
    (value) => URL.canParse(value) && new URL(value).origin === value,
    'must be origins like https://app.example.com',
  );
export const cidr = z.string().refine(isCidr, 'must be addresses or networks like 10.0.0.0/8');
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

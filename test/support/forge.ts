import { createHmac, type KeyObject, sign } from 'node:crypto';

export type Signer = (input: string) => Buffer;

/** A part of a token: text is taken as it is, anything else becomes JSON, without members that are undefined. */
export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A JWS of whatever header and payload. */
export function forge(header: unknown, payload: unknown, signer: Signer): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signer(input).toString('base64url')}`;
}

export const unsigned: Signer = () => Buffer.alloc(0);

/** RSASSA-PKCS1-v1_5: RS256, RS384, RS512. */
export const rsa =
  (key: KeyObject, bits: 256 | 384 | 512 = 256): Signer =>
  (input) =>
    sign(`sha${bits}`, Buffer.from(input), key);

export const ecdsa =
  (key: KeyObject): Signer =>
  (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });

/** RSASSA-PSS: PS256. */
export const pss =
  (key: KeyObject): Signer =>
  (input) =>
    sign('sha256', Buffer.from(input), { key, padding: 6, saltLength: 32 });

export const hmac =
  (secret: string | Buffer, bits: 256 | 512 = 256): Signer =>
  (input) =>
    createHmac(`sha${bits}`, secret).update(input).digest();

import { constants, createHmac, type KeyObject, sign } from 'node:crypto';

export type Members = Readonly<Record<string, unknown>>;
/** Makes the signature over the first two parts of a token. */
export type Signer = (input: string) => string;

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token in compact form. Members that are undefined are left out. */
export function forge(header: unknown, claims: unknown, signer: Signer): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signer(input)}`;
}

export const unsigned: Signer = () => '';

/** By a private key; `pss` for the padding of PS256 and its kin. */
export const rsa =
  (key: KeyObject, digest = 'sha256', pss = false): Signer =>
  (input) => {
    const padding = pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
    return sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...padding }).toString(
      'base64url',
    );
  };

export const hmac =
  (secret: string | Buffer, digest = 'sha256'): Signer =>
  (input) =>
    createHmac(digest, secret).update(input).digest('base64url');

/** Reads a part of a token without verifying anything. */
export function decode(token: string, part: 0 | 1): Record<string, unknown> {
  const text = Buffer.from(token.split('.')[part] ?? '', 'base64url').toString();
  return JSON.parse(text) as Record<string, unknown>;
}

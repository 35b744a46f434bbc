import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** A sealed value could not be opened: it was altered, or sealed under another secret. */
export class UnsealingFailed extends Error {
  constructor(cause: unknown) {
    super(
      'A sealed value cannot be opened: the secret it was sealed with has changed, or the value was altered',
      {
        cause,
      },
    );
    this.name = 'UnsealingFailed';
  }
}

/** Derives a 256-bit key for one purpose from a configured secret (HKDF-SHA-256, RFC 5869). */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `gatehouse/${purpose}`, 32));
}

/** Authenticated encryption of small values at rest (AES-256-GCM; nonce, tag and ciphertext in one buffer). */
export class SecretBox {
  private readonly key: Buffer;

  constructor(secret: string, purpose: string) {
    this.key = deriveKey(secret, purpose);
  }

  /** `context` (the row's key, say) is bound to the result: sealed under one name it opens under no other. */
  seal(plain: Uint8Array, context: string): Buffer {
    const nonce = randomBytes(NONCE_LENGTH);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws UnsealingFailed */
  open(sealed: Buffer, context: string): Buffer {
    try {
      const nonce = sealed.subarray(0, NONCE_LENGTH);
      const tag = sealed.subarray(NONCE_LENGTH, NONCE_LENGTH + TAG_LENGTH);
      const decipher = createDecipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_LENGTH })
        .setAAD(Buffer.from(context))
        .setAuthTag(tag);
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_LENGTH + TAG_LENGTH)), decipher.final()]);
    } catch (error) {
      throw new UnsealingFailed(error);
    }
  }
}

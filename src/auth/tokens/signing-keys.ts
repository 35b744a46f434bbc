import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { Secrets } from '../../platform/config/secrets.config.js';
import { TokensConfig } from './tokens.config.js';
import { Schedule } from '../../platform/schedule/schedule.js';
import { SecretBox, UnsealingFailed } from '../../platform/security/secret-box.js';
import type { SigningKey } from './signing-key.entity.js';
import { type NewSigningKey, SigningKeysRepository } from './signing-keys.repository.js';
import type { SigningAlgorithm, VerifyingKey, VerifyingKeys } from './verifying-keys.js';

const RSA_BITS = 2048;
/** How often every process looks for keys that others have made, moved or withdrawn. Milliseconds. */
const RELOAD_EVERY = 10_000;

/** The private half of a key of the database. @throws UnsealingFailed where it was sealed with another KEY_ENCRYPTION_SECRET */
export function openSigningKey(secret: string, key: SealedKey): KeyObject {
  return openKey(boxOf(secret), key);
}

type SealedKey = Pick<SigningKey, 'kid' | 'sealedPrivateKey'>;
const boxOf = (secret: string) => new SecretBox(secret, 'signing-key');

function openKey(box: SecretBox, { kid, sealedPrivateKey }: SealedKey): KeyObject {
  return createPrivateKey({ key: box.open(sealedPrivateKey, kid), format: 'der', type: 'pkcs8' });
}

export interface ActiveKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
}

/** The keys of the service: made on first start, kept sealed in the database, held in memory and looked at again. */
@Injectable()
export class SigningKeys implements VerifyingKeys, OnModuleInit {
  private readonly box: SecretBox;
  private readonly algorithm: SigningAlgorithm;
  private activeKey: ActiveKey | undefined;
  private published: readonly JWK[] = [];
  private verifying: ReadonlyMap<string, VerifyingKey> = new Map();

  constructor(
    private readonly keys: SigningKeysRepository,
    private readonly schedule: Schedule,
    secrets: Secrets,
    config: TokensConfig,
  ) {
    this.box = boxOf(secrets.KEY_ENCRYPTION_SECRET);
    this.algorithm = config.algorithm;
  }

  async onModuleInit(): Promise<void> {
    await this.reload();
    if (!this.activeKey) {
      // Of several processes that start together one makes the key: the index on the active state refuses the rest.
      await this.keys.insertFirst(await this.generate());
      await this.reload();
    }
    // The last good set stays while the database is away.
    this.schedule.every(RELOAD_EVERY, 'Reading the signing keys again', () => this.reload());
  }

  /** The key new tokens are signed with. */
  get active(): ActiveKey {
    if (!this.activeKey)
      throw new Error('There is no active signing key. Make one with: npm run cli -- keys rotate');
    return this.activeKey;
  }

  /** Public keys tokens may be verified with, as JWKs (RFC 7517). */
  get publicKeys(): readonly JWK[] {
    return this.published;
  }

  findVerifying(kid: unknown): VerifyingKey | undefined {
    return typeof kid === 'string' ? this.verifying.get(kid) : undefined;
  }

  async generate(): Promise<NewSigningKey> {
    const { publicKey, privateKey } =
      this.algorithm === 'RS256'
        ? await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS })
        : await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' }) as JWK;
    const kid = await calculateJwkThumbprint(jwk);
    return {
      kid,
      algorithm: this.algorithm,
      state: 'pending',
      publicJwk: { ...jwk, kid, alg: this.algorithm, use: 'sig' },
      sealedPrivateKey: this.box.seal(privateKey.export({ format: 'der', type: 'pkcs8' }), kid),
    };
  }

  /** Takes over what the database says now. */
  async reload(): Promise<void> {
    const rows = await this.keys.findPublished();
    const active = rows.find((row) => row.state === 'active');
    if (active?.kid !== this.activeKey?.kid) this.activeKey = active && this.unseal(active);
    this.published = rows.map((row) => row.publicJwk as JWK);
    this.verifying = new Map(
      rows.map((row) => [
        row.kid,
        this.verifying.get(row.kid) ?? {
          algorithm: row.algorithm as SigningAlgorithm,
          publicKey: createPublicKey({ key: row.publicJwk, format: 'jwk' }),
        },
      ]),
    );
  }

  private unseal(key: SigningKey): ActiveKey {
    try {
      const privateKey = openKey(this.box, key);
      return { kid: key.kid, algorithm: key.algorithm as SigningAlgorithm, privateKey };
    } catch (error) {
      if (!(error instanceof UnsealingFailed)) throw error;
      throw new Error(
        'The signing key in the database was sealed with another KEY_ENCRYPTION_SECRET. ' +
          'Start with the secret it was made with.',
        { cause: error },
      );
    }
  }
}

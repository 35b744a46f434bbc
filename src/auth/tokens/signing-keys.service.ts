import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { Repository } from 'typeorm';
import { Config } from '../../platform/config/config.js';
import { SecretBox, UnsealingFailed } from '../../platform/security/secret-box.js';
import { SigningKey } from './signing-key.entity.js';

export const SIGNING_ALGORITHM = 'RS256';
const RSA_BITS = 2048;

export interface ActiveKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** The keys of the service: made on first start, kept sealed in the database, read once. */
@Injectable()
export class SigningKeys implements OnModuleInit {
  private readonly box: SecretBox;
  private activeKey: ActiveKey | undefined;
  private published: readonly JWK[] = [];
  private verifying: ReadonlyMap<string, KeyObject> = new Map();

  constructor(
    @InjectRepository(SigningKey) private readonly keys: Repository<SigningKey>,
    config: Config,
  ) {
    this.box = new SecretBox(config.secrets.KEY_ENCRYPTION_SECRET, 'signing-key');
  }

  async onModuleInit(): Promise<void> {
    if (!(await this.keys.existsBy({ state: 'active' }))) await this.createActive();
    await this.load();
  }

  /** The key new tokens are signed with. */
  get active(): ActiveKey {
    if (!this.activeKey)
      throw new Error('There is no active signing key: the module has not been initialised');
    return this.activeKey;
  }

  /** Public keys tokens may be verified with, as JWKs (RFC 7517). */
  get publicKeys(): readonly JWK[] {
    return this.published;
  }

  /** A lookup in memory, whatever `kid` is: it comes from the caller. */
  findPublicKey(kid: unknown): KeyObject | undefined {
    return typeof kid === 'string' ? this.verifying.get(kid) : undefined;
  }

  /** Of several processes that start together one makes the key: the index on the active state refuses the rest. */
  private async createActive(): Promise<void> {
    const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
    const jwk = publicKey.export({ format: 'jwk' }) as JWK;
    const kid = await calculateJwkThumbprint(jwk);
    await this.keys
      .createQueryBuilder()
      .insert()
      .values({
        kid,
        algorithm: SIGNING_ALGORITHM,
        state: 'active',
        publicJwk: { ...jwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' },
        sealedPrivateKey: this.box.seal(privateKey.export({ format: 'der', type: 'pkcs8' }), kid),
        activatedAt: () => 'now()',
      })
      .orIgnore()
      .execute();
  }

  private async load(): Promise<void> {
    const rows = await this.keys.find({
      where: [{ state: 'pending' }, { state: 'active' }, { state: 'retiring' }],
    });
    this.published = rows.map((row) => row.publicJwk as JWK);
    this.verifying = new Map(
      rows.map((row) => [row.kid, createPublicKey({ key: row.publicJwk, format: 'jwk' })]),
    );
    const active = rows.find((row) => row.state === 'active');
    if (active) this.activeKey = { kid: active.kid, privateKey: this.unseal(active) };
  }

  private unseal(key: SigningKey): KeyObject {
    try {
      return createPrivateKey({
        key: this.box.open(key.sealedPrivateKey, key.kid),
        format: 'der',
        type: 'pkcs8',
      });
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

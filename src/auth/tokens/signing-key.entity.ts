import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const SIGNING_KEY_STATES = ['pending', 'active', 'retiring', 'gone'] as const;
export type SigningKeyState = (typeof SIGNING_KEY_STATES)[number];

/** A key access tokens are signed with. At most one is active, held by the database. */
@Entity('signing_key')
@Index('ux_signing_key_active', ['state'], { unique: true, where: `state = 'active'` })
export class SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  @PrimaryColumn({ type: 'varchar', length: 64, primaryKeyConstraintName: 'pk_signing_key' })
  readonly kid!: string;

  @Column({ type: 'varchar', length: 16 })
  readonly algorithm!: string;

  @Column({ type: 'enum', enum: SIGNING_KEY_STATES, enumName: 'signing_key_state' })
  state!: SigningKeyState;

  @Column({ type: 'jsonb' })
  readonly publicJwk!: Record<string, unknown>;

  /** PKCS #8, sealed with KEY_ENCRYPTION_SECRET; empty once the key is gone. */
  @Column({ type: 'bytea' })
  readonly sealedPrivateKey!: Buffer;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  activatedAt!: Date | null;

  /** When the key entered the stage it is in. */
  @Column({ type: 'timestamptz', default: () => 'now()' })
  stateChangedAt!: Date;
}

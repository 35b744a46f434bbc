import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A sign-in through a provider on its way: begun, come back once, and exchanged once, which removes it. `state`,
 * cookie and one-time code are kept as SHA-256.
 */
@Entity('oauth_flow')
@Index('ux_oauth_flow_code', ['codeHash'], { unique: true })
@Index('ix_oauth_flow_expires_at', ['expiresAt'])
export class OAuthFlow {
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'pk_oauth_flow' })
  readonly stateHash!: Buffer;

  @Column({ type: 'bytea' })
  readonly browserHash!: Buffer;

  @Column({ type: 'varchar', length: 50 })
  readonly provider!: string;

  @Column({ type: 'text' })
  readonly returnTo!: string;

  /** PKCE between the client and this service: base64url of the SHA-256 of what only the client knows. */
  @Column({ type: 'varchar', length: 43 })
  readonly codeChallenge!: string;

  /** Of the sign-in at the provider; once that is done, of the one-time code. */
  @Column({ type: 'timestamptz' })
  readonly expiresAt!: Date;

  /** When the browser came back, whatever it brought. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly usedAt!: Date | null;

  @Column({ type: 'bytea', nullable: true })
  readonly codeHash!: Buffer | null;

  /** Who the provider says it is, sealed; kept for as long as the code is good. */
  @Column({ type: 'bytea', nullable: true })
  readonly accountSealed!: Buffer | null;
}

import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { Session } from './session.entity.js';

/** One refresh token of a session; each but the first has a parent it was exchanged for. */
@Entity('refresh_token')
@Index('ux_refresh_token_hash', ['tokenHash'], { unique: true })
@Index('ux_refresh_token_parent', ['parentId'], { unique: true })
@Index('ix_refresh_token_session', ['sessionId'])
@Index('ix_refresh_token_sealed', ['usedAt'], { where: 'successor_sealed IS NOT NULL' })
export class RefreshToken {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_refresh_token',
  })
  readonly id!: string;

  @Column({ type: 'bigint' })
  @ForeignKey(() => Session, { name: 'fk_refresh_token_session', onDelete: 'CASCADE' })
  readonly sessionId!: string;

  /** SHA-256 */
  @Column({ type: 'bytea', select: false })
  readonly tokenHash!: Buffer;

  @Column({ type: 'bigint', nullable: true })
  @ForeignKey(() => RefreshToken, { name: 'fk_refresh_token_parent', onDelete: 'CASCADE' })
  readonly parentId!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly usedAt!: Date | null;

  /** The successor, sealed under the token itself: only who presents the token again can read it. */
  @Column({ type: 'bytea', nullable: true, select: false })
  readonly successorSealed!: Buffer | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;
}

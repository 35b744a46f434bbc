import { Check, Column, Entity, Generated, PrimaryColumn } from 'typeorm';

/** One row: the name of this installation where it shares a server with others. */
@Entity('installation')
@Check('ck_installation_is_only', 'is_only')
export class InstallationRow {
  @PrimaryColumn({ type: 'boolean', default: true, primaryKeyConstraintName: 'pk_installation' })
  readonly isOnly!: boolean;

  @Column({ type: 'uuid' })
  @Generated('uuid')
  readonly id!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;
}

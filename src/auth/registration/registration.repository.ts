import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Contact } from '../../messages/contact.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import type { CodeTable } from '../../platform/otp/codes.repository.js';

export interface NewRegistration {
  readonly challengeId: string;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly language: string;
  readonly contact: Contact;
  readonly passwordHash: string;
}

export type PendingRegistration = NewRegistration & { readonly id: number };

type Row = Omit<PendingRegistration, 'contact'> & Contact;

/** The codes that prove the address of a registration: for a day. */
export const REGISTRATION_CODES: CodeTable = {
  name: 'registration',
  live: `created_at > now() - interval '1 day'`,
};

const PENDING = `SELECT id, otp_challenge AS "challengeId", first_name AS "firstName", last_name AS "lastName", language,
    contact_type AS type, contact_value AS value, password_hash AS "passwordHash"
  FROM registration`;

const CLEAN_UP_EVERY = 5 * 60_000;
/** Seconds. By then no code of theirs has been good for a long time. */
const KEEP_OLD = 86_400;

@Injectable()
export class RegistrationRepository implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.drain({
      name: 'auth.clean_up_registrations',
      every: CLEAN_UP_EVERY,
      batch: 1_000,
      remove: (batch) => this.removeOld(batch),
    });
  }

  async insert(tx: Transaction, registration: NewRegistration): Promise<number> {
    const { challengeId, firstName, lastName, language, contact, passwordHash } = registration;
    const [row] = await tx.query<{ id: number }>(
      `INSERT INTO registration
         (otp_challenge, first_name, last_name, language, contact_type, contact_value, password_hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
      [challengeId, firstName, lastName, language, contact.type, contact.value, passwordHash],
    );
    if (!row) throw new Error('INSERT … RETURNING answered no row');
    return row.id;
  }

  find(id: number): Promise<PendingRegistration | null> {
    return this.findWhere('id = $1', id);
  }

  findByChallenge(challengeId: string): Promise<PendingRegistration | null> {
    return this.findWhere('otp_challenge = $1', challengeId);
  }

  /** Others for the same contact stay: they can make nothing any more, and to lock them would be to deadlock. */
  async remove(tx: Transaction, id: number): Promise<void> {
    await tx.query('DELETE FROM registration WHERE id = $1', [id]);
  }

  /** Removes some of those nobody can complete any more. Answers how many. */
  private async removeOld(batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM registration WHERE id = ANY (ARRAY(
         SELECT id FROM registration WHERE created_at < now() - make_interval(secs => $1)
         ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [KEEP_OLD, batch],
    );
    return removed.length;
  }

  private async findWhere(condition: string, value: unknown): Promise<PendingRegistration | null> {
    const rows = await this.dataSource.query<Row[]>(`${PENDING} WHERE ${condition}`, [value]);
    if (!rows[0]) return null;
    const { type, value: address, ...rest } = rows[0];
    return { ...rest, contact: { type, value: address } };
  }
}

import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import type { Transaction } from '../../platform/database/transactions.js';
import { SigningKey, type SigningKeyState } from './signing-key.entity.js';

export type NewSigningKey = Pick<
  SigningKey,
  'kid' | 'algorithm' | 'state' | 'publicJwk' | 'sealedPrivateKey'
>;

/** Every query of `signing_key`. */
@Injectable()
export class SigningKeysRepository {
  constructor(@InjectRepository(SigningKey) private readonly keys: Repository<SigningKey>) {}

  /** Those that are published: pending, active and retiring. */
  findPublished(): Promise<SigningKey[]> {
    return this.keys.find({
      where: { state: In(['pending', 'active', 'retiring'] satisfies SigningKeyState[]) },
      order: { createdAt: 'ASC' },
    });
  }

  findAll(): Promise<SigningKey[]> {
    return this.keys.find({ order: { createdAt: 'ASC' } });
  }

  /** False when another process has made an active key first. */
  async insertFirst(key: NewSigningKey): Promise<boolean> {
    const result = await this.keys
      .createQueryBuilder()
      .insert()
      .values({ ...key, publicJwk: key.publicJwk as object, state: 'active', activatedAt: () => 'now()' })
      .orIgnore()
      .returning('kid')
      .execute();
    return (result.raw as unknown[]).length > 0;
  }

  /** Whoever moves keys from stage to stage does so one after the other. */
  async lock(tx: Transaction): Promise<void> {
    await tx.query('LOCK TABLE signing_key IN SHARE ROW EXCLUSIVE MODE');
  }

  async insertPending(tx: Transaction, key: NewSigningKey): Promise<void> {
    await tx.repository(SigningKey).insert({ ...key, publicJwk: key.publicJwk as object, state: 'pending' });
  }

  async pendingSince(tx: Transaction): Promise<{ kid: string; age: number } | null> {
    return this.oldestIn(tx, 'pending');
  }

  async activeSince(tx: Transaction): Promise<{ kid: string; age: number } | null> {
    return this.oldestIn(tx, 'active');
  }

  /** Answers whether the key was in `from`. Of a key that is gone the private half is forgotten. */
  async move(
    tx: Transaction,
    kid: string,
    from: readonly SigningKeyState[],
    to: SigningKeyState,
  ): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE signing_key SET state = $3::signing_key_state, state_changed_at = now(),
         activated_at = CASE WHEN $3::signing_key_state = 'active' THEN now() ELSE activated_at END,
         sealed_private_key = CASE WHEN $3::signing_key_state = 'gone' THEN ''::bytea ELSE sealed_private_key END
       WHERE kid = $1 AND state = ANY($2::signing_key_state[]) RETURNING kid`,
      [kid, from, to],
    );
    return rows.length > 0;
  }

  /** Retiring keys that have been so for longer than `seconds` go. */
  async removeRetired(tx: Transaction, seconds: number): Promise<string[]> {
    const rows = await tx.query<{ kid: string }>(
      `UPDATE signing_key SET state = 'gone', state_changed_at = now(), sealed_private_key = ''
       WHERE state = 'retiring' AND state_changed_at < now() - make_interval(secs => $1) RETURNING kid`,
      [seconds],
    );
    return rows.map((row) => row.kid);
  }

  private async oldestIn(
    tx: Transaction,
    state: SigningKeyState,
  ): Promise<{ kid: string; age: number } | null> {
    const rows = await tx.query<{ kid: string; age: number }>(
      `SELECT kid, extract(epoch FROM now() - state_changed_at)::float8 AS age FROM signing_key
       WHERE state = $1 ORDER BY state_changed_at LIMIT 1`,
      [state],
    );
    return rows[0] ?? null;
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Jobs } from '../../platform/jobs/jobs.js';

export interface NewFlow {
  readonly stateHash: Buffer;
  readonly browserHash: Buffer;
  readonly provider: string;
  readonly returnTo: string;
  readonly codeChallenge: string;
}

export interface ProvedFlow {
  readonly provider: string;
  readonly codeChallenge: string;
  readonly accountSealed: Buffer;
}

const CLEAN_UP_EVERY = 5 * 60_000;

/** Every query of `oauth_flow`. Each step is one statement: of many at once one gets a row. */
@Injectable()
export class OAuthFlowsRepository implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.drain({
      name: 'auth.clean_up_oauth_flows',
      every: CLEAN_UP_EVERY,
      batch: 1_000,
      remove: (batch) => this.removeExpired(batch),
    });
  }

  async insert(flow: NewFlow, ttlSeconds: number): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO oauth_flow (state_hash, browser_hash, provider, return_to, code_challenge, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))`,
      [flow.stateHash, flow.browserHash, flow.provider, flow.returnTo, flow.codeChallenge, ttlSeconds],
    );
  }

  /** Uses the flow up and answers where it leads. Null when it is unknown, used, out of date or another browser's. */
  async take(stateHash: Buffer, browserHash: Buffer, provider: string): Promise<string | null> {
    const [rows] = await this.dataSource.query<[{ returnTo: string }[], number]>(
      `UPDATE oauth_flow SET used_at = now()
       WHERE state_hash = $1 AND browser_hash = $2 AND provider = $3 AND used_at IS NULL AND expires_at > now()
       RETURNING return_to AS "returnTo"`,
      [stateHash, browserHash, provider],
    );
    return rows[0]?.returnTo ?? null;
  }

  async prove(
    stateHash: Buffer,
    code: { hash: Buffer; accountSealed: Buffer; ttlSeconds: number },
  ): Promise<void> {
    await this.dataSource.query(
      `UPDATE oauth_flow SET code_hash = $2, account_sealed = $3, expires_at = now() + make_interval(secs => $4)
       WHERE state_hash = $1 AND used_at IS NOT NULL AND code_hash IS NULL`,
      [stateHash, code.hash, code.accountSealed, code.ttlSeconds],
    );
  }

  /** Hands a proved flow out and forgets it. Null when the code is unknown, used or out of date. */
  async redeem(codeHash: Buffer): Promise<ProvedFlow | null> {
    const [rows] = await this.dataSource.query<[ProvedFlow[], number]>(
      `DELETE FROM oauth_flow WHERE code_hash = $1 AND expires_at > now()
       RETURNING provider, code_challenge AS "codeChallenge", account_sealed AS "accountSealed"`,
      [codeHash],
    );
    return rows[0] ?? null;
  }

  /** Removes up to `batch` that are out of date; answers how many. */
  private async removeExpired(batch: number): Promise<number> {
    const [removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM oauth_flow WHERE state_hash = ANY (ARRAY(
         SELECT state_hash FROM oauth_flow WHERE expires_at <= now()
         ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [batch],
    );
    return removed.length;
  }
}

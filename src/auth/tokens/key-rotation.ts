import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditLog, type AuditRecord } from '../../platform/audit/audit-log.js';
import { TokensConfig } from './tokens.config.js';
import { SYSTEM, type Transaction, Transactions } from '../../platform/database/transactions.js';
import { defineJob } from '../../platform/jobs/job.js';
import { MAINTENANCE } from '../../platform/jobs/queues.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { LEEWAY } from './access-token-claims.js';
import { JWKS_MAX_AGE } from './well-known.controller.js';
import { SigningKeys } from './signing-keys.js';
import { SigningKeysRepository } from './signing-keys.repository.js';

/** Seconds a new key is published before it signs: verifiers have fetched it by then. */
export const PUBLISH_AHEAD = JWKS_MAX_AGE + 30;
const DAY = 86_400;
const ADVANCE = defineJob<object>('auth.advance_signing_keys', MAINTENANCE);
/** How often the schedule looks whether something is due. Milliseconds. */
const LOOK_EVERY = 60_000;

/**
 * Moves signing keys through their stages: pending (published), active (signs), retiring (published for the tokens it
 * signed), gone. Each step is one transaction under a lock, so that several instances take it once.
 */
@Injectable()
export class KeyRotation implements OnModuleInit {
  constructor(
    private readonly keys: SigningKeys,
    private readonly repository: SigningKeysRepository,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    private readonly jobs: Jobs,
    private readonly config: TokensConfig,
  ) {}

  onModuleInit(): void {
    this.jobs.every(LOOK_EVERY, ADVANCE, () => this.advance());
  }

  /** Makes and publishes the next key, unless one is waiting already. It signs after {@link PUBLISH_AHEAD}. */
  async begin(actor: AuditRecord['actor'] = SYSTEM): Promise<string> {
    const next = await this.keys.generate();
    const kid = await this.transactions.run(actor, async (tx) => {
      await this.repository.lock(tx);
      const waiting = await this.repository.pendingSince(tx);
      if (waiting) return waiting.kid;
      await this.repository.insertPending(tx, next);
      await this.record(tx, actor, 'signing_key.published', next.kid);
      return next.kid;
    });
    await this.keys.reload();
    return kid;
  }

  /** Takes every step that is due, and begins a rotation when the active key is old enough. */
  async advance(): Promise<void> {
    const { accessTtl, keyRotationDays } = this.config;
    const isOld = await this.transactions.run(SYSTEM, async (tx) => {
      await this.repository.lock(tx);
      const pending = await this.repository.pendingSince(tx);
      const active = await this.repository.activeSince(tx);
      if (pending && pending.age >= PUBLISH_AHEAD) await this.activate(tx, SYSTEM, pending.kid, active?.kid);
      for (const kid of await this.repository.removeRetired(tx, accessTtl + LEEWAY + JWKS_MAX_AGE)) {
        await this.record(tx, SYSTEM, 'signing_key.gone', kid);
      }
      return !pending && active !== null && keyRotationDays > 0 && active.age > keyRotationDays * DAY;
    });
    if (isOld) await this.begin();
    await this.keys.reload();
  }

  /**
   * Emergency: withdraws a key at once. Tokens signed with it are refused here within ten seconds, elsewhere when the
   * verifiers fetch the keys again (up to five minutes). If it was the active one, the next key signs at once.
   * False when there is no such key to withdraw.
   */
  async withdraw(kid: string, actor: AuditRecord['actor'] = SYSTEM): Promise<boolean> {
    const spare = await this.keys.generate();
    const done = await this.transactions.run(actor, async (tx) => {
      await this.repository.lock(tx);
      const active = await this.repository.activeSince(tx);
      if (!(await this.repository.move(tx, kid, ['pending', 'active', 'retiring'], 'gone'))) return false;
      await this.record(tx, actor, 'signing_key.withdrawn', kid);
      if (active?.kid !== kid) return true;
      const pending = await this.repository.pendingSince(tx);
      if (!pending) await this.repository.insertPending(tx, spare);
      await this.activate(tx, actor, pending?.kid ?? spare.kid);
      return true;
    });
    await this.keys.reload();
    return done;
  }

  private async activate(
    tx: Transaction,
    actor: AuditRecord['actor'],
    kid: string,
    former?: string,
  ): Promise<void> {
    if (former !== undefined) await this.repository.move(tx, former, ['active'], 'retiring');
    await this.repository.move(tx, kid, ['pending'], 'active');
    await this.record(tx, actor, 'signing_key.activated', kid);
  }

  private async record(
    tx: Transaction,
    actor: AuditRecord['actor'],
    action: string,
    kid: string,
  ): Promise<void> {
    await this.audit.record(tx, { actor, action, subject: { type: 'signing_key', id: kid } });
  }
}

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SessionsConfig } from './sessions.config.js';
import { CommitAnd, SYSTEM, type Transaction, Transactions } from '../../platform/database/transactions.js';
import { createOneTimeToken, hashOneTimeToken } from '../../platform/security/one-time-token.js';
import { SecretBox } from '../../platform/security/secret-box.js';
import { AccessTokensService, type TokenSubject } from '../tokens/access-tokens.service.js';
import type { TokenPair } from '../tokens/token-pair.js';
import { UserDirectory } from '../directory/user-directory.js';
import * as metrics from './refresh.metrics.js';
import { InvalidGrant } from './session.errors.js';
import { type PresentedToken, SessionsRepository } from './sessions.repository.js';
import { REFRESH_TOKEN_PREFIX, SessionsService } from './sessions.service.js';

interface Rotation {
  readonly subject: TokenSubject;
  readonly refreshToken: string;
}

/**
 * Refresh token rotation with reuse detection (RFC 9700 section 4.14.2). A token is exchanged once; within a
 * short grace it answers the same successor again, for a client that lost the answer; later, or once the successor
 * has been used, a second use means that two hold the token, and the whole session ends.
 */
@Injectable()
export class RefreshService {
  /** A stampede with one token takes one connection per process; all get the same answer. */
  private readonly running = new Map<string, Promise<Rotation>>();

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly directory: UserDirectory,
    private readonly tokens: AccessTokensService,
    private readonly transactions: Transactions,
    private readonly opened: SessionsService,
    private readonly config: SessionsConfig,
  ) {}

  /** @throws InvalidGrant */
  async refresh(token: string): Promise<TokenPair> {
    const key = hashOneTimeToken(token).toString('base64');
    let rotation = this.running.get(key);
    if (!rotation) {
      rotation = this.rotate(token).finally(() => this.running.delete(key));
      this.running.set(key, rotation);
    }
    const { subject, refreshToken } = await rotation;
    return this.tokens.issuePair(subject, refreshToken);
  }

  /** @throws InvalidGrant */
  private rotate(token: string): Promise<Rotation> {
    const hash = hashOneTimeToken(token);
    return this.transactions.run(SYSTEM, async (tx) => {
      const presented = await this.sessions.lockPresented(tx, hash, this.config.refreshGrace);
      const mayRefresh =
        presented && !presented.isSessionOver && (await this.directory.mayAct(tx, presented.userId));
      if (!mayRefresh) {
        metrics.refused.inc();
        throw new InvalidGrant();
      }
      if (!presented.isUsed) return this.exchange(tx, token, presented);
      if (presented.isInGrace && !presented.isSuccessorUsed && presented.successorSealed) {
        const refreshToken = sealFor(token).open(presented.successorSealed, presented.id).toString();
        metrics.repeated.inc();
        return { subject: presented, refreshToken };
      }
      metrics.reused.inc();
      await this.endForReuse(tx, presented);
      throw new CommitAnd(new InvalidGrant());
    });
  }

  private exchange(tx: Transaction, token: string, presented: PresentedToken): Rotation {
    const { hash, value } = createOneTimeToken(REFRESH_TOKEN_PREFIX);
    const sealed = sealFor(token).seal(Buffer.from(value), presented.id);
    this.sessions.exchange(tx, presented, { hash, sealed }, this.config.idle);
    tx.afterCommit(() => metrics.exchanged.inc());
    return { subject: presented, refreshToken: value };
  }

  private async endForReuse(tx: Transaction, { userId, sessionId }: PresentedToken): Promise<void> {
    await this.opened.endIn(tx, userId, sessionId, 'refresh_reuse', SYSTEM);
    await this.directory.notify(tx, { commandId: randomUUID(), userId, notice: { kind: 'refresh_reuse' } });
  }
}

/** A leak of the database cannot open it: the key is the token that was presented, of which only a hash is stored. */
function sealFor(token: string): SecretBox {
  return new SecretBox(token, 'refresh-successor');
}

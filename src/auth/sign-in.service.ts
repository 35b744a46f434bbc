import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditLog } from '../platform/audit/audit-log.js';
import { Transactions } from '../platform/database/transactions.js';
import { canonicalEmail, isMobile } from '../platform/http/contact-fields.js';
import { PasswordHasher } from '../platform/security/password-hasher.js';
import { InvalidCredentials } from './auth.errors.js';
import { CredentialsRepository } from './credentials/credentials.repository.js';
import { type AccessToken, AccessTokens } from './tokens/access-tokens.service.js';
import { UserDirectory } from './user-directory.js';

/** Whom an identifier means, and what their password is compared with. */
interface Candidate {
  /** Null when nobody, or nobody who may sign in, is meant. */
  readonly userId: number | null;
  readonly passwordHash: string | null;
}

@Injectable()
export class SignInService {
  constructor(
    private readonly directory: UserDirectory,
    private readonly credentials: CredentialsRepository,
    private readonly hasher: PasswordHasher,
    private readonly tokens: AccessTokens,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Signs in with a username, e-mail address or mobile number, and a password.
   * Whoever may not is refused alike, after the same reads, the same hash and the same audit entry.
   * @throws InvalidCredentials
   */
  async signIn(identifier: string, password: string): Promise<AccessToken> {
    const candidate = await this.findCandidate(identifier);
    const isRight = await this.hasher.verify(password, candidate.passwordHash);
    const { userId } = candidate;
    const mayAct = (await this.directory.findPrincipal(userId ?? 0)) !== null;
    if (!isRight || userId === null || !mayAct) {
      await this.recordFailure(userId);
      throw new InvalidCredentials();
    }
    const sessionId = randomUUID();
    await this.transactions.run({ userId }, async (tx) => {
      await this.credentials.noteLogin(tx, userId);
      await this.audit.record(tx, {
        actor: { userId, sessionId },
        action: 'auth.login',
        subject: { type: 'user', id: userId },
      });
    });
    return this.tokens.issue(userId, sessionId);
  }

  /** Two reads, whoever is meant. */
  private async findCandidate(identifier: string): Promise<Candidate> {
    const contact = contactOf(identifier);
    if (contact === null) {
      const stored = await this.credentials.findByUsername(identifier.trim());
      await this.directory.findByContact('email', '');
      return { userId: stored?.userId ?? null, passwordHash: stored?.passwordHash ?? null };
    }
    const owner = await this.directory.findByContact(contact.type, contact.value);
    const stored = await this.credentials.findByUserId(owner?.userId ?? 0);
    // Whoever has not proved the address cannot sign in by it.
    const userId = owner?.isVerified ? owner.userId : null;
    return { userId, passwordHash: stored?.passwordHash ?? null };
  }

  private async recordFailure(userId: number | null): Promise<void> {
    await this.transactions.run({ userId: null }, (tx) =>
      this.audit.record(tx, {
        actor: { userId: null },
        action: 'auth.login',
        outcome: 'failure',
        ...(userId !== null && { subject: { type: 'user', id: userId } }),
      }),
    );
  }
}

/** An e-mail address or mobile number in canonical form; null for anything else, which is taken for a username. */
function contactOf(identifier: string): { type: 'email' | 'mobile'; value: string } | null {
  if (identifier.includes('@')) return { type: 'email', value: canonicalEmail(identifier) };
  if (isMobile(identifier.trim())) return { type: 'mobile', value: identifier.trim() };
  return null;
}

import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Contact } from '../../identities/identities.service.js';
import { Config } from '../../platform/config/config.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { Mailer, type Message } from '../../platform/mail/mailer.js';
import { createOneTimeToken } from '../../platform/security/one-time-token.js';
import { PasswordHasher } from '../../platform/security/password-hasher.js';
import { SmsSender } from '../../platform/sms/sms-sender.js';
import { Credentials } from '../../users/credentials.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { CredentialsRepository } from './credentials.repository.js';
import type { ResetPurpose } from './password-reset.entity.js';

const SUBJECTS: Readonly<Record<ResetPurpose, string>> = {
  invitation: 'You are invited: set your password',
  recovery: 'Set a new password',
};

/** The credentials of users in the same database. */
@Injectable()
export class UserCredentials implements Credentials {
  constructor(
    private readonly repository: CredentialsRepository,
    private readonly mailer: Mailer,
    private readonly sms: SmsSender,
    private readonly sessions: SessionsService,
    private readonly config: Config,
  ) {}

  create(tx: Transaction, userId: number, username: string | null): Promise<void> {
    return this.repository.insert(tx, userId, username, PasswordHasher.UNUSABLE);
  }

  async invite(tx: Transaction, userId: number, contact: Contact, purpose: ResetPurpose): Promise<void> {
    const token = createOneTimeToken('pr');
    const { invitationTtl } = this.config.passwords;
    await this.repository.voidResets(tx, userId);
    await this.repository.insertReset(tx, {
      userId,
      identityId: contact.identityId,
      purpose,
      tokenHash: token.hash,
      ttlSeconds: invitationTtl,
    });
    const message = this.compose(contact.value, purpose, token.value, invitationTtl);
    tx.inBackground(() => (contact.type === 'email' ? this.mailer : this.sms).send(message));
  }

  async unlock(tx: Transaction, userId: number): Promise<void> {
    await this.repository.unlock(tx, userId);
  }

  async endSessions(tx: Transaction, userId: number, actor: Actor): Promise<void> {
    await this.sessions.endAllIn(tx, userId, 'user_disabled', actor);
  }

  async delete(tx: Transaction, userId: number, actor: Actor): Promise<void> {
    await this.sessions.endAllIn(tx, userId, 'user_deleted', actor);
    await this.repository.softDelete(tx, userId);
  }

  async restore(tx: Transaction, userId: number, deletedAt: Date): Promise<void> {
    await this.repository.restore(tx, userId, deletedAt);
  }

  private compose(to: string, purpose: ResetPurpose, code: string, ttlSeconds: number): Message {
    const address = `${this.config.http.publicBaseUrl}/api/v1/auth/password/reset`;
    const text =
      `${SUBJECTS[purpose]}.\n\nSend this token with your new password to ${address} ` +
      `within ${Math.round(ttlSeconds / 3600)} hours. It works once.\n\n${code}\n`;
    return { to, subject: SUBJECTS[purpose], text, code };
  }
}

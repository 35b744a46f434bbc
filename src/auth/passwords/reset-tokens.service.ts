import { Injectable } from '@nestjs/common';
import type { Contact } from '../../messages/contact.js';
import { MessagesConfig } from '../../messages/messages.config.js';
import { PasswordsConfig } from './passwords.config.js';
import type { Transaction } from '../../platform/database/transactions.js';
import { createOneTimeToken, hashOneTimeToken } from '../../platform/security/one-time-token.js';
import { CredentialsRepository, type ResetGrant } from '../credentials/credentials.repository.js';
import type { ResetPurpose } from '../credentials/password-reset.entity.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { UserDirectory } from '../directory/user-directory.js';
import { InvalidResetToken } from './password.errors.js';

const PREFIX = 'pr';

export interface IssuedToken {
  readonly token: string;
  /** Where it is to be sent. */
  readonly contact: Contact;
  readonly language: string;
}

/**
 * The one-time tokens people set passwords with: at most one of a user is good at a time. They are made and used up under
 * the user's lock, which changing the password, disabling and deleting take as well.
 */
@Injectable()
export class ResetTokensService {
  constructor(
    private readonly repository: CredentialsRepository,
    private readonly sessions: SessionsService,
    private readonly directory: UserDirectory,
    private readonly config: PasswordsConfig,
    private readonly messages: MessagesConfig,
  ) {}

  /** Seconds */
  lifetimeOf(purpose: ResetPurpose): number {
    const { invitationTtl } = this.config;
    const { recoveryTtl } = this.messages;
    return purpose === 'invitation' ? invitationTtl : recoveryTtl;
  }

  /** Makes a token and ends those before it. Null when the user may not act or the contact is not theirs any more. */
  async issue(
    tx: Transaction,
    userId: number,
    identityId: number,
    purpose: ResetPurpose,
  ): Promise<IssuedToken | null> {
    await this.sessions.lockUser(tx, userId);
    const recipient = await this.findRecipient(tx, userId, identityId);
    if (!recipient) return null;
    const token = createOneTimeToken(PREFIX);
    await this.repository.voidResets(tx, userId);
    await this.repository.insertReset(tx, {
      userId,
      identityId,
      purpose,
      tokenHash: token.hash,
      ttlSeconds: this.lifetimeOf(purpose),
    });
    return { token: token.value, ...recipient };
  }

  /** Whom a token is for, without using it up. @throws InvalidResetToken */
  async ownerOf(token: string): Promise<number> {
    const owner = await this.repository.findOpenReset(hashOneTimeToken(token));
    if (owner === null) throw new InvalidResetToken();
    return owner;
  }

  /** Uses the token up: of several at once one succeeds. @throws InvalidResetToken */
  async use(tx: Transaction, owner: number, token: string): Promise<ResetGrant> {
    await this.directory.lock(tx, owner);
    await this.sessions.lockUser(tx, owner);
    const grant = await this.repository.takeReset(tx, hashOneTimeToken(token));
    if (!grant || !(await this.findRecipient(tx, grant.userId, grant.identityId)))
      throw new InvalidResetToken();
    return grant;
  }

  /** One that is not proved only while none is, as of somebody invited: then it may be a stranger's. */
  private async findRecipient(
    tx: Transaction,
    userId: number,
    identityId: number,
  ): Promise<Omit<IssuedToken, 'token'> | null> {
    const addressee = await this.directory.findAddressee(tx, userId);
    const contact = addressee?.contacts.find((one) => one.identityId === identityId);
    const isStrange = contact?.isVerified === false && addressee?.contacts.some((one) => one.isVerified);
    return addressee && contact && !isStrange ? { contact, language: addressee.language } : null;
  }
}

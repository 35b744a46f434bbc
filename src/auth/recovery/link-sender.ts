import { Injectable } from '@nestjs/common';
import { ContactMessagesService } from '../../messages/contact-messages.service.js';
import type { MessageParams } from '../../messages/message.js';
import { HttpConfig } from '../../platform/http/http.config.js';
import { SYSTEM, type Transaction, Transactions } from '../../platform/database/transactions.js';
import type { ResetPurpose } from '../credentials/password-reset.entity.js';
import { PAGE_PATHS } from '../credentials/page-paths.js';
import { ResetTokensService } from '../passwords/reset-tokens.service.js';

/** For somebody who hands it over themselves. */
export interface HandedLink {
  readonly link: string;
  /** The same without the page: for a client of the API. */
  readonly token: string;
  /** Seconds it is good for. */
  readonly lifetime: number;
}

/**
 * Sends the links by which people set passwords. The token is made here, right before it is sent, and is nowhere else in
 * clear text; sent again, it is another one and ends the one before.
 */
@Injectable()
export class LinkSender {
  constructor(
    private readonly transactions: Transactions,
    private readonly tokens: ResetTokensService,
    private readonly messages: ContactMessagesService,
    private readonly http: HttpConfig,
  ) {}

  /** Does nothing for a user who may not act, or whose contact this is not any more. */
  async send(userId: number, identityId: number, purpose: ResetPurpose, job: string): Promise<void> {
    const issued = await this.transactions.run(SYSTEM, (tx) =>
      this.tokens.issue(tx, userId, identityId, purpose),
    );
    if (!issued) return;
    const { contact, language, token } = issued;
    await this.messages.send(contact, language, this.messageFor(purpose, token), job);
  }

  /**
   * Makes a link and sends it to nobody. Whoever asks for it vouches that the contact is the user's. Null for a user who may
   * not act, or whose contact this is not.
   */
  async handOut(
    tx: Transaction,
    userId: number,
    identityId: number,
    purpose: ResetPurpose,
  ): Promise<HandedLink | null> {
    const issued = await this.tokens.issue(tx, userId, identityId, purpose);
    if (!issued) return null;
    const { token } = issued;
    return { token, link: this.linkFor(purpose, token), lifetime: this.tokens.lifetimeOf(purpose) };
  }

  /**
   * The address comes from the configuration alone: a request could name any host. The token is in the fragment, which
   * browsers send to no server and put into no Referer.
   */
  private linkFor(purpose: ResetPurpose, token: string): string {
    return `${this.http.publicBaseUrl}/${PAGE_PATHS[purpose]}#token=${token}`;
  }

  private messageFor(purpose: ResetPurpose, token: string): MessageParams {
    const link = this.linkFor(purpose, token);
    const lifetime = this.tokens.lifetimeOf(purpose);
    return purpose === 'invitation'
      ? { kind: 'invitation', link, hours: Math.max(1, Math.floor(lifetime / 3600)) }
      : { kind: 'password_reset', link, minutes: Math.floor(lifetime / 60) };
  }
}

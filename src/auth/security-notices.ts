import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/transactions.js';
import { Mailer } from '../platform/mail/mailer.js';
import { SmsSender } from '../platform/sms/sms-sender.js';
import { UserDirectory } from './user-directory.js';

const NOTICES = {
  refresh_reuse: {
    subject: 'A sign-in of yours was ended',
    text:
      'Somebody used an old copy of the token of one of your sign-ins. To be safe we ended that sign-in. ' +
      'Sign in again; if this happens again, change your password.',
  },
  account_locked: {
    subject: 'Sign-in to your account is paused',
    text:
      'There were too many wrong passwords for your account. Signing in with the password is paused for a while; ' +
      'where you are signed in you stay so. If it was not you, change your password.',
  },
  password_changed: {
    subject: 'Your password was changed',
    text: 'Your password was changed and every other sign-in was ended. If it was not you, have it reset at once.',
  },
} as const;

export type Notice = keyof typeof NOTICES;

/** Tells people what happened to their account, once the transaction has committed. */
@Injectable()
export class SecurityNotices {
  constructor(
    private readonly directory: UserDirectory,
    private readonly mailer: Mailer,
    private readonly sms: SmsSender,
  ) {}

  /** Does nothing for a user who cannot be written to. */
  async send(tx: Transaction, userId: number, notice: Notice): Promise<void> {
    const contact = await this.directory.findReachable(tx, userId);
    if (!contact) return;
    const message = { to: contact.value, ...NOTICES[notice] };
    tx.inBackground(() => (contact.type === 'email' ? this.mailer : this.sms).send(message));
  }
}

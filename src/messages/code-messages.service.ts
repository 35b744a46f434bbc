import { Injectable } from '@nestjs/common';
import { CodeIssuer } from '../platform/otp/code-issuer.js';
import type { CodeOf } from '../platform/otp/codes.repository.js';
import { codesSent } from '../platform/otp/otp.metrics.js';
import { ContactMessagesService } from './contact-messages.service.js';
import type { Contact } from './contact.js';
import type { MessageParams } from './message.js';
import { type Charge, SendBudgetService } from './send-budget.service.js';

export interface CodeLetter {
  readonly to: Contact;
  readonly charge: Charge;
  readonly language: string;
  /** What the code is made for; asked when there is a message to be had. */
  readonly of: CodeOf | (() => Promise<CodeOf>);
  /** A code that was asked for later is not replaced. */
  readonly requestedAt: string;
  /** Its next tries count as the same message. */
  readonly jobId: string;
}

/** Makes one-time codes and sends them, within the budget of where they go. */
@Injectable()
export class CodeMessagesService {
  constructor(
    private readonly budget: SendBudgetService,
    private readonly codes: CodeIssuer,
    private readonly messages: ContactMessagesService,
  ) {}

  /** Sends nothing when the budget is spent or the code could not be used. `write` is asked what to say with the code. */
  async send(
    { to, charge, language, of, requestedAt, jobId }: CodeLetter,
    write: (code: { code: string; minutes: number }) => MessageParams | Promise<MessageParams>,
  ): Promise<void> {
    const channel = to.type;
    if (!(await this.budget.take(to, jobId, charge)))
      return codesSent.inc({ channel, purpose: charge.use, result: 'over_budget' });
    const code = await this.codes.issue(typeof of === 'function' ? await of() : of, requestedAt);
    if (code === null) return codesSent.inc({ channel, purpose: charge.use, result: 'not_needed' });
    const message = await write({ code, minutes: this.codes.minutes });
    try {
      await this.messages.send(to, language, message, jobId);
      codesSent.inc({ channel, purpose: charge.use, result: 'sent' });
    } catch (error) {
      codesSent.inc({ channel, purpose: charge.use, result: 'failed' });
      throw error;
    }
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { defineJob } from '../../platform/jobs/job.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { OneTimeCodes } from '../../platform/otp/one-time-codes.js';
import type { ContactType } from '../identity.entity.js';
import { ContactMessages } from '../messages/contact-messages.js';
import { SendBudget } from '../send-budget.js';
import { type CodeRecipient, OtpRepository } from './otp.repository.js';

/** A code somebody has asked for. The code itself is made when it is sent. */
export type CodeRequest = { readonly challengeId: string; readonly requestedAt: string } & (
  | { readonly purpose: 'sign_in'; readonly contact: { readonly type: ContactType; readonly value: string } }
  | { readonly purpose: 'verify'; readonly identityId: number }
);

export type CodePurpose = CodeRequest['purpose'];

export const SEND_CODE = defineJob<CodeRequest>('identities.send_code', 'messages');

const MESSAGES = { sign_in: 'sign_in_code', verify: 'verification_code' } as const;

/** Makes codes and sends them. Whether there is anybody to send to is found out here, where nobody waits for it. */
@Injectable()
export class CodeSender implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly otp: OtpRepository,
    private readonly budget: SendBudget,
    private readonly codes: OneTimeCodes,
    private readonly messages: ContactMessages,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(SEND_CODE, (request, { id }) => this.send(request, id));
  }

  /** Tried again, it makes a new code for the same challenge: the one before is not known any more. */
  async send(request: CodeRequest, jobId: string): Promise<void> {
    const recipient = await this.recipientOf(request);
    if (!recipient || !(await this.budget.take(recipient, jobId))) return;
    const { challengeId: challenge, purpose, requestedAt } = request;
    const of = { table: 'user_identity', id: recipient.id, challenge, purpose } as const;
    const code = await this.codes.issue(of, requestedAt);
    if (code === null) return;
    const message = { kind: MESSAGES[purpose], code, minutes: this.codes.minutes };
    await this.messages.send(recipient, recipient.language, message, jobId);
  }

  private recipientOf(request: CodeRequest): Promise<CodeRecipient | null> {
    return request.purpose === 'verify'
      ? this.otp.findForProof(request.identityId)
      : this.otp.findForSignIn(request.contact.type, request.contact.value);
  }
}

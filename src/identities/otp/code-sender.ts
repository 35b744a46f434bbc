import { Injectable, type OnModuleInit } from '@nestjs/common';
import { defineJob } from '../../platform/jobs/job.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import type { ContactType } from '../identity.entity.js';
import { CodeMessages } from './code-messages.js';
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
    private readonly messages: CodeMessages,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(SEND_CODE, (request, { id }) => this.send(request, id));
  }

  /** Tried again, it makes a new code for the same challenge: the one before is not known any more. */
  async send(request: CodeRequest, jobId: string): Promise<void> {
    const to = await this.recipientOf(request);
    if (!to) return;
    const { challengeId: challenge, purpose, requestedAt } = request;
    const of = { table: 'user_identity', id: to.id, challenge, purpose } as const;
    await this.messages.send({ to, language: to.language, of, requestedAt, jobId }, (code) => ({
      kind: MESSAGES[purpose],
      ...code,
    }));
  }

  private recipientOf(request: CodeRequest): Promise<CodeRecipient | null> {
    return request.purpose === 'verify'
      ? this.otp.findForProof(request.identityId)
      : this.otp.findForSignIn(request.contact.type, request.contact.value);
  }
}

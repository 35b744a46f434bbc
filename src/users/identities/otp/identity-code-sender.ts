import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CodeMessagesService } from '../../../messages/code-messages.service.js';
import type { Contact } from '../../../messages/contact.js';
import { type Asker, SendBudgetService } from '../../../messages/send-budget.service.js';
import { defineJob } from '../../../platform/jobs/job.js';
import { Jobs } from '../../../platform/jobs/jobs.js';
import { MESSAGES } from '../../../platform/jobs/queues.js';
import { IDENTITY_CODES, IdentityCodesRepository, SIGN_IN_CODES } from './identity-codes.repository.js';

/** A code somebody has asked for. The code itself is made when it is sent. */
interface Requested {
  readonly challengeId: string;
  readonly requestedAt: string;
}
type SignInCodeRequest = Requested & {
  readonly purpose: 'sign_in';
  readonly contact: Contact;
  /** Missing in jobs of an older version. */
  readonly asker?: Asker;
};
type ProofCodeRequest = Requested & { readonly purpose: 'verify'; readonly identityId: number };

export const SEND_CODE = defineJob<SignInCodeRequest | ProofCodeRequest>('identities.send_code', MESSAGES);

/** Makes codes and sends them. Whether there is anybody to send to is found out here, where nobody waits for it. */
@Injectable()
export class IdentityCodeSender implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly codes: IdentityCodesRepository,
    private readonly budget: SendBudgetService,
    private readonly messages: CodeMessagesService,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(SEND_CODE, (request, { id }) =>
      request.purpose === 'verify' ? this.sendProof(request, id) : this.sendSignIn(request, id),
    );
  }

  /** Tried again, it makes a new code for the same challenge: the one before is not known any more. */
  private async sendProof(request: ProofCodeRequest, jobId: string): Promise<void> {
    const { identityId, challengeId: challenge, requestedAt } = request;
    const to = await this.codes.findForProof(identityId);
    if (!to) return;
    const of = { table: IDENTITY_CODES, id: to.id, challenge, purpose: 'verify' } as const;
    const charge = { use: 'proof', by: { user: to.userId } } as const;
    await this.messages.send({ to, charge, language: to.language, of, requestedAt, jobId }, (code) => ({
      kind: 'verification_code',
      ...code,
    }));
  }

  private async sendSignIn(request: SignInCodeRequest, jobId: string): Promise<void> {
    const { contact, challengeId: challenge, requestedAt, asker } = request;
    const to = await this.codes.findForSignIn(contact);
    if (!to) return;
    const by = this.budget.causerOf(asker, to.userId);
    // Nobody gets a code that could not be used.
    if (!(await this.codes.isOpenTo(to.id, by))) return;
    const of = async () => {
      const id = await this.codes.holderFor(to.id, by);
      return { table: SIGN_IN_CODES, id, challenge, purpose: 'sign_in' } as const;
    };
    const charge = { use: 'sign_in', by } as const;
    await this.messages.send({ to, charge, language: to.language, of, requestedAt, jobId }, (code) => ({
      kind: 'sign_in_code',
      ...code,
    }));
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CodeMessagesService } from '../../messages/code-messages.service.js';
import type { Asker } from '../../messages/send-budget.service.js';
import { UsersConfig } from '../../users/users.config.js';
import { HttpConfig } from '../../platform/http/http.config.js';
import { defineJob } from '../../platform/jobs/job.js';
import { MESSAGES } from '../../platform/jobs/queues.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { UserDirectory } from '../directory/user-directory.js';
import { PAGE_PATHS } from '../credentials/page-paths.js';
import { REGISTRATION_CODES, RegistrationRepository } from './registration.repository.js';

interface SendRegistrationCode {
  /** Missing in jobs of an older version. */
  readonly asker?: Asker;
  readonly registrationId: number;
  readonly requestedAt: string;
}

export const SEND_REGISTRATION_CODE = defineJob<SendRegistrationCode>(
  'auth.send_registration_code',
  MESSAGES,
);
export const REGISTRATION = 'registration';

/** Answers a request for an account where only the owner of the address sees it. */
@Injectable()
export class RegistrationMail implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly registrations: RegistrationRepository,
    private readonly directory: UserDirectory,
    private readonly messages: CodeMessagesService,
    private readonly config: UsersConfig,
    private readonly http: HttpConfig,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(SEND_REGISTRATION_CODE, (request, { id }) => this.send(request, id));
  }

  /**
   * A code, or word that there is an account already. A code is made in either case: to whoever asked, the challenge of
   * a known address behaves like that of a new one.
   */
  async send({ registrationId: id, requestedAt, asker }: SendRegistrationCode, jobId: string): Promise<void> {
    // Switched off since it was asked for: nothing could be done with a code.
    if (!this.config.registrationEnabled) return;
    const registration = await this.registrations.find(id);
    if (!registration) return;
    const { challengeId: challenge, contact: to, language } = registration;
    const of = { table: REGISTRATION_CODES, id, challenge, purpose: REGISTRATION } as const;
    const charge = { use: 'registration', by: { network: asker?.network ?? '' } } as const;
    await this.messages.send({ to, charge, language, of, requestedAt, jobId }, async (code) => {
      const owner = await this.directory.findByContact(to);
      const link = `${this.http.publicBaseUrl}/${PAGE_PATHS.forgot}`;
      return owner?.isVerified
        ? { kind: 'already_registered', link }
        : { kind: 'verification_code', ...code };
    });
  }
}

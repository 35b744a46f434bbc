import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Asker, SendBudgetService } from '../../messages/send-budget.service.js';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { parseIdentifier } from '../sign-in/identifier.js';
import { IdentifiersService } from '../sign-in/identifiers.service.js';
import { SEND_INVITATION } from '../credentials/invitation.job.js';
import { type Addressee, UserDirectory } from '../directory/user-directory.js';
import { LinkSender } from './link-sender.js';
import { SEND_RECOVERY } from './recovery.job.js';

/** Finds out to whom links to set a password go, behind the answer to whoever asked for them. */
@Injectable()
export class RecoveryJobs implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly transactions: Transactions,
    private readonly identifiers: IdentifiersService,
    private readonly directory: UserDirectory,
    private readonly budget: SendBudgetService,
    private readonly links: LinkSender,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(SEND_RECOVERY, ({ identifier, asker }, { id }) =>
      this.sendRecovery(identifier, asker, id),
    );
    // Taken from its budget when it was asked for, by somebody who was told.
    this.jobs.handle(SEND_INVITATION, ({ userId, identityId, purpose }, { id }) =>
      this.links.send(userId, identityId, purpose, id),
    );
  }

  private async sendRecovery(identifier: string, asker: Asker | undefined, job: string): Promise<void> {
    const userId = await this.identifiers.resolve(identifier);
    if (userId === null) return;
    const contact = await this.findContact(userId, identifier);
    if (!contact) return;
    const by = this.budget.causerOf(asker, userId);
    // Before the token: what is refused must not end the link that is out.
    if (!(await this.budget.take(contact, job, { use: 'recovery', by }))) return;
    await this.links.send(userId, contact.identityId, 'recovery', job);
  }

  /** The contact that was named, as it is stored; for a username the best one. Proved in any case. */
  private async findContact(
    userId: number,
    identifier: string,
  ): Promise<Addressee['contacts'][number] | undefined> {
    const addressee = await this.transactions.run(SYSTEM, (tx) => this.directory.findAddressee(tx, userId));
    const named = parseIdentifier(identifier);
    return addressee?.contacts.find(
      ({ isVerified, type, value }) =>
        isVerified && (named?.type === 'username' || (type === named?.type && value === named.value)),
    );
  }
}

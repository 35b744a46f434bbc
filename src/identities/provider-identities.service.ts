import { Injectable } from '@nestjs/common';
import type { Author, Transaction } from '../platform/database/transactions.js';
import { ChangeLog } from '../platform/events/change-log.js';
import { IdentityNotices } from './messages/identity-notices.js';
import { identityLinked } from './provider-identity.events.js';
import { type HeldAddress, ProviderIdentitiesRepository } from './provider-identities.repository.js';

/** An account at a provider: the provider's id here, and who it is there. */
export interface ProviderSubject {
  readonly provider: string;
  readonly subject: string;
}

/** Which accounts at providers belong to whom. */
@Injectable()
export class ProviderIdentitiesService {
  constructor(
    private readonly identities: ProviderIdentitiesRepository,
    private readonly changes: ChangeLog,
    private readonly notices: IdentityNotices,
  ) {}

  findUserId(tx: Transaction, { provider, subject }: ProviderSubject): Promise<number | null> {
    return this.identities.findUserId(tx, provider, subject);
  }

  /** Hold the user's lock: whoever deletes the user takes it too, and has to see this row. @throws OAuthAccountTaken */
  async link(
    tx: Transaction,
    userId: number,
    { provider, subject }: ProviderSubject,
    actor: Author,
  ): Promise<void> {
    const { id } = await this.identities.insert(tx, userId, provider, subject);
    await this.changes.record(tx, actor, identityLinked(userId, id, provider), { identityId: id, provider });
  }

  /** As {@link link}, for an account that is there already: its owner is told of the new way in. */
  async linkAndTell(tx: Transaction, userId: number, account: ProviderSubject, actor: Author): Promise<void> {
    await this.link(tx, userId, account, actor);
    await this.notices.queue(tx, userId, { kind: 'account_linked', provider: account.provider });
  }

  /** Who holds this e-mail address, in canonical form, and what has been proved of it. */
  lockAddress(tx: Transaction, email: string): Promise<HeldAddress | null> {
    return this.identities.lockAddress(tx, email);
  }
}

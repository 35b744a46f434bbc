import { Injectable } from '@nestjs/common';
import type { Author, Transaction } from '../../platform/database/transactions.js';
import { ChangeLog } from '../../platform/events/change-log.js';
import { IdentityNoticesService } from './notices/identity-notices.service.js';
import {
  type HeldAddress,
  type LinkedAccount,
  ProviderIdentitiesRepository,
} from './provider-identities.repository.js';
import { identityLinked } from './identity.events.js';

export type { LinkedAccount };

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
    private readonly notices: IdentityNoticesService,
  ) {}

  find(tx: Transaction, { provider, subject }: ProviderSubject): Promise<LinkedAccount | null> {
    return this.identities.find(tx, provider, subject);
  }

  /** Whether the user has removed an account at this provider: then another one is linked by their wish only. */
  hasRemoved(tx: Transaction, userId: number, provider: string): Promise<boolean> {
    return this.identities.hasRemoved(tx, userId, provider);
  }

  /** Hold the user's lock: whoever deletes the user takes it too, and has to see this row. @throws OAuthAccountTaken */
  async link(
    tx: Transaction,
    userId: number,
    { provider, subject }: ProviderSubject,
    actor: Author,
  ): Promise<LinkedAccount> {
    const { id } = await this.identities.insert(tx, userId, provider, subject);
    await this.changes.record(tx, actor, identityLinked(userId, id, provider), { identityId: id, provider });
    return { userId, identityId: id };
  }

  /** As {@link link}, for an account that is there already: its owner is told of the new way in. */
  async linkAndTell(
    tx: Transaction,
    userId: number,
    account: ProviderSubject,
    actor: Author,
  ): Promise<LinkedAccount> {
    const linked = await this.link(tx, userId, account, actor);
    await this.notices.queue(tx, userId, { kind: 'account_linked', provider: account.provider });
    return linked;
  }

  /** Who holds this e-mail address, in canonical form, and what has been proved of it. */
  lockAddress(tx: Transaction, email: string): Promise<HeldAddress | null> {
    return this.identities.lockAddress(tx, email);
  }
}

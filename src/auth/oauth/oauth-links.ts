import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { Transactions } from '../../platform/database/transactions.js';
import { UserDirectory } from '../directory/user-directory.js';
import { OAuthFlows } from './oauth-flows.js';

/** Links an account at a provider to the account one is signed in to. */
@Injectable()
export class OAuthLinks {
  constructor(
    private readonly flows: OAuthFlows,
    private readonly directory: UserDirectory,
    private readonly transactions: Transactions,
  ) {}

  /** Takes the same one-time code as a sign-in. @throws InvalidOAuthCode, OAuthProviderUnknown, OAuthAccountTaken */
  async link(code: string, verifier: string, actor: Actor): Promise<void> {
    const account = await this.flows.redeem(code, verifier);
    const command = { commandId: randomUUID(), account, actor };
    await this.transactions.run(actor, (tx) => this.directory.linkProvider(tx, command));
  }
}

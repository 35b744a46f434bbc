import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/app-error.js';
import { IdentityTaken, OAuthAccountTaken } from '../../users/identities/identity.errors.js';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { NewPasswordsService } from '../passwords/new-passwords.service.js';
import type { SignInMethod, SignInProof } from '../sign-in/sign-in-method.js';
import { type ProviderAccount, type Recognised, UserDirectory } from '../directory/user-directory.js';
import { OAuthFailures } from './oauth-failures.js';
import { OAuthFlows } from './oauth-flows.js';
import { OAuthSignInRefused } from './oauth.errors.js';

/** How often it is asked whose an account is when others change just that at the same time. */
const ATTEMPTS = 3;

export interface OAuthInput {
  /** The one-time code the browser came back with. */
  readonly code: string;
  /** Of the client that began it (RFC 7636). */
  readonly verifier: string;
}

/** The end of a sign-in through a provider: a session for the one-time code. */
@Injectable()
export class OAuthSignIn implements SignInMethod<OAuthInput> {
  readonly name = 'oauth';

  constructor(
    private readonly flows: OAuthFlows,
    private readonly directory: UserDirectory,
    private readonly credentials: CredentialsRepository,
    private readonly passwords: NewPasswordsService,
    private readonly transactions: Transactions,
    private readonly failures: OAuthFailures,
  ) {}

  /** @throws InvalidOAuthCode, OAuthProviderUnknown, OAuthLinkRequired, RegistrationDisabled */
  async prove({ code, verifier }: OAuthInput): Promise<SignInProof> {
    const account = await this.flows.redeem(code, verifier);
    const { userId, identityId } = await this.admit(account);
    return {
      userId,
      identityId,
      method: `oauth:${account.provider}`,
      // No value of RFC 8176: of a provider's account it is known only that the provider vouches for it.
      amr: ['fed'],
      note: (tx) => this.credentials.noteOtherLogin(tx, userId),
      refused: () => this.refuse(account.provider, userId),
    };
  }

  private async refuse(provider: string, userId: number): Promise<OAuthSignInRefused> {
    const refusal = new OAuthSignInRefused();
    await this.failures.record(provider, refusal.spec.code, userId);
    return refusal;
  }

  private async admit(account: ProviderAccount): Promise<Recognised> {
    const commandId = randomUUID();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.transactions.run(SYSTEM, async (tx) => {
          const { wasInvited, ...recognised } = await this.directory.admit(tx, { commandId, account });
          if (wasInvited) await this.passwords.takeAway(tx, recognised.userId);
          return recognised;
        });
      } catch (error) {
        const isRace = error instanceof IdentityTaken || error instanceof OAuthAccountTaken;
        if (isRace && attempt < ATTEMPTS) continue;
        if (error instanceof AppError) await this.failures.record(account.provider, error.spec.code, null);
        throw error;
      }
    }
  }
}

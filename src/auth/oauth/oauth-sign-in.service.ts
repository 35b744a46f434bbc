import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/app-error.js';
import { IdentityTaken, OAuthAccountTaken } from '../../users/identities/identity.errors.js';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { SessionOpener, type SignedIn } from '../sign-in/session-opener.service.js';
import { NewPasswords } from '../passwords/new-passwords.service.js';
import { type ProviderAccount, type Recognised, UserDirectory } from '../directory/user-directory.js';
import { OAuthFailures } from './oauth-failures.service.js';
import { OAuthFlows } from './oauth-flows.service.js';
import { OAuthSignInRefused } from './oauth.errors.js';

/** How often it is asked whose an account is when others change just that at the same time. */
const ATTEMPTS = 3;

/** The end of a sign-in through a provider: a session for the one-time code. */
@Injectable()
export class OAuthSignIn {
  constructor(
    private readonly flows: OAuthFlows,
    private readonly directory: UserDirectory,
    private readonly credentials: CredentialsRepository,
    private readonly passwords: NewPasswords,
    private readonly opener: SessionOpener,
    private readonly transactions: Transactions,
    private readonly failures: OAuthFailures,
  ) {}

  /** @throws InvalidOAuthCode, OAuthProviderUnknown, OAuthLinkRequired, RegistrationDisabled, OAuthSignInRefused */
  async signIn(code: string, verifier: string): Promise<SignedIn> {
    const account = await this.flows.redeem(code, verifier);
    const { userId, identityId } = await this.admit(account);
    const signedIn = await this.opener.open(
      { userId, identityId, method: `oauth:${account.provider}` },
      (tx) => this.credentials.noteOtherLogin(tx, userId),
    );
    if (signedIn) return signedIn;
    const refusal = new OAuthSignInRefused();
    await this.failures.record(account.provider, refusal.spec.code, userId);
    throw refusal;
  }

  private async admit(account: ProviderAccount): Promise<Recognised> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.transactions.run(SYSTEM, async (tx) => {
          const { wasInvited, ...recognised } = await this.directory.admit(tx, account);
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

import { isProblem, SignedOutError } from './errors.js';
import type { TokenPair } from './generated/types.gen.js';
import type { Tokens, TokenStore } from './token-store.js';

/**
 * Why nobody is signed in any more: `logout` was called here; the service has `ended` the session (logout or a new password
 * elsewhere, too long unused, a refresh token that was used twice); another tab has signed out (`elsewhere`).
 */
export type SignedOutReason = 'logout' | 'ended' | 'elsewhere';

/** Renewed so long before the end at most, in milliseconds: longer than a request is on its way. */
const MARGIN = 30_000;

/** The tokens of whoever is signed in, renewed when they have to be. */
export class Session {
  private refreshing: { readonly stale: string; readonly tokens: Promise<Tokens> } | undefined;
  private wasSignedIn = false;

  constructor(
    private readonly store: TokenStore,
    private readonly exchange: (refreshToken: string) => Promise<TokenPair>,
    private readonly onSignedOut: (reason: SignedOutReason) => void,
  ) {
    store.onChange?.(() => void this.tokens());
  }

  /** What is kept, as it is; null when nobody is signed in. */
  async tokens(): Promise<Tokens | null> {
    const tokens = await this.store.read();
    if (tokens) this.wasSignedIn = true;
    else this.signedOut('elsewhere');
    return tokens;
  }

  /**
   * An access token for the next request, renewed before when it is about to end.
   * @throws SignedOutError
   */
  async accessToken(): Promise<string> {
    const tokens = await this.tokens();
    if (!tokens) throw new SignedOutError('Nobody is signed in. Call login first.');
    if (tokens.refreshToken === null || Date.now() < tokens.refreshAt) return tokens.accessToken;
    try {
      return (await this.renewed(tokens)).accessToken;
    } catch (error) {
      // Still good for a moment: a refresh that cannot be had right now is no reason to fail.
      if (error instanceof SignedOutError || Date.now() >= tokens.expiresAt) throw error;
      return tokens.accessToken;
    }
  }

  /**
   * Another access token in place of one that the service has refused; undefined where there can be none.
   * @throws SignedOutError
   */
  async accessTokenAfter(refused: string): Promise<string | undefined> {
    const tokens = await this.tokens();
    if (!tokens) throw new SignedOutError('Nobody is signed in any more. Sign in again.');
    if (tokens.accessToken !== refused) return tokens.accessToken;
    return tokens.refreshToken === null ? undefined : (await this.renewed(tokens)).accessToken;
  }

  /** Signs in with what a sign-in has answered. */
  async adopt(pair: TokenPair): Promise<void> {
    await this.store.exclusively(async () => this.store.write(tokensOf(pair)));
    this.wasSignedIn = true;
  }

  /** Forgets the tokens here, whatever the service has of the session: for a logout without network. */
  async forget(): Promise<void> {
    this.signedOut('logout');
    await this.store.exclusively(async () => this.store.write(null));
  }

  /** One refresh for all who ask with the same tokens. */
  private renewed(stale: Tokens): Promise<Tokens> {
    if (this.refreshing?.stale !== stale.accessToken) {
      const tokens = this.store
        .exclusively(() => this.refreshUnlessDone(stale))
        .finally(() => {
          if (this.refreshing?.tokens === tokens) this.refreshing = undefined;
        });
      this.refreshing = { stale: stale.accessToken, tokens };
    }
    return this.refreshing.tokens;
  }

  private async refreshUnlessDone(stale: Tokens): Promise<Tokens> {
    const kept = await this.store.read();
    if (kept && kept.accessToken !== stale.accessToken) return kept;
    if (!kept?.refreshToken) throw new SignedOutError('Nobody is signed in any more. Sign in again.');
    try {
      const tokens = tokensOf(await this.exchange(kept.refreshToken));
      await this.store.write(tokens);
      return tokens;
    } catch (error) {
      if (!isProblem(error, 'invalid_grant')) throw error;
      this.signedOut('ended');
      await this.store.write(null);
      throw new SignedOutError('The session has ended. Sign in again.', { cause: error });
    }
  }

  /** Tells it once; what the listener throws is nobody's here to catch. */
  private signedOut(reason: SignedOutReason): void {
    if (!this.wasSignedIn) return;
    this.wasSignedIn = false;
    queueMicrotask(() => this.onSignedOut(reason));
  }
}

function tokensOf({ access_token, refresh_token, expires_in }: TokenPair): Tokens {
  const now = Date.now();
  const lifetime = expires_in * 1000;
  return {
    accessToken: access_token,
    refreshToken: refresh_token,
    refreshAt: now + lifetime - Math.min(MARGIN, lifetime / 4),
    expiresAt: now + lifetime,
  };
}

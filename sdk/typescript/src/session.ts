import { isProblem, SignedOutError } from './errors.js';
import type { TokenPair } from './generated/types.gen.js';
import { randomName } from './random-name.js';
import type { Tokens, TokenStore } from './token-store.js';

/**
 * Why nobody is signed in any more: `logout` was called here; the service has `ended` the session (logout or a new password
 * elsewhere, too long unused, a refresh token that was used twice); another tab has signed out, or somebody in anew (`elsewhere`).
 */
export type SignedOutReason = 'logout' | 'ended' | 'elsewhere';

/** Renewed so long before the end at most, in milliseconds: longer than a request is on its way. */
const MARGIN = 30_000;

/** The tokens of whoever is signed in, renewed when they have to be. */
export class Session {
  private refreshing: { readonly stale: string; readonly tokens: Promise<Tokens> } | undefined;
  /** The sign-in that was seen last; null when nobody is signed in. */
  private signIn: string | null = null;
  private writes = 0;

  constructor(
    private readonly store: TokenStore,
    private readonly exchange: (refreshToken: string) => Promise<TokenPair>,
    private readonly onSignedOut: (reason: SignedOutReason) => void,
  ) {
    store.onChange?.(() => void this.tokens());
  }

  /** What is kept, as it is; null when nobody is signed in. */
  async tokens(): Promise<Tokens | null> {
    const { writes } = this;
    const tokens = await this.store.read();
    // What was written here meanwhile is newer, and no news.
    if (writes === this.writes) {
      const signIn = signInOf(tokens);
      if (signIn !== this.signIn) this.signedOut('elsewhere');
      this.signIn = signIn;
    }
    return tokens;
  }

  /**
   * An access token for the next request, renewed before when it is about to end.
   * @throws SignedOutError
   */
  async accessToken(): Promise<string> {
    return (await this.usable()).accessToken;
  }

  /**
   * The tokens for the next request.
   * @throws SignedOutError
   */
  async usable(): Promise<Tokens> {
    const tokens = await this.tokens();
    if (!tokens) throw new SignedOutError('Nobody is signed in. Call login first.');
    if (tokens.refreshToken === null || Date.now() < tokens.refreshAt) return tokens;
    try {
      return await this.renewed(tokens);
    } catch (error) {
      // Still good for a moment: a refresh that cannot be had right now is no reason to fail.
      if (error instanceof SignedOutError || Date.now() >= tokens.expiresAt) throw error;
      return tokens;
    }
  }

  /**
   * Others of the same sign-in, in place of those whose access token the service has refused; undefined where there can be none.
   * @throws SignedOutError
   */
  async after(refused: Tokens): Promise<Tokens | undefined> {
    const tokens = ofTheSame(refused, await this.tokens());
    if (tokens.accessToken !== refused.accessToken) return tokens;
    return tokens.refreshToken === null ? undefined : this.renewed(tokens);
  }

  /** Signs in with what a sign-in has answered. */
  async adopt(pair: TokenPair): Promise<void> {
    await this.store.exclusively(() => this.write(tokensOf(pair, randomName())));
  }

  /** Forgets the tokens here, whatever the service has of the session: for a logout without network. */
  async forget(): Promise<void> {
    this.signedOut('logout');
    await this.store.exclusively(() => this.write(null));
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
    const kept = ofTheSame(stale, await this.store.read());
    if (kept.accessToken !== stale.accessToken || kept.refreshToken === null) return kept;
    try {
      const tokens = tokensOf(await this.exchange(kept.refreshToken), kept.signIn);
      await this.write(tokens);
      return tokens;
    } catch (error) {
      // Refused, or nothing that could be a refresh token: it will not get better.
      if (!isProblem(error, 'invalid_grant', 'validation_failed')) throw error;
      this.signedOut('ended');
      await this.write(null);
      throw new SignedOutError('The session has ended. Sign in again.', { cause: error });
    }
  }

  private async write(tokens: Tokens | null): Promise<void> {
    this.writes += 1;
    this.signIn = null;
    try {
      await this.store.write(tokens);
    } finally {
      this.writes += 1;
    }
    this.signIn = signInOf(tokens);
  }

  /** Tells it once; what the listener throws is nobody's here to catch. */
  private signedOut(reason: SignedOutReason): void {
    if (this.signIn === null) return;
    this.signIn = null;
    queueMicrotask(() => this.onSignedOut(reason));
  }
}

/**
 * What is kept now, if it still is of the same sign-in: a request that was begun for one user is not sent for another, who has
 * signed in meanwhile.
 */
function ofTheSame(before: Tokens, now: Tokens | null): Tokens {
  if (!now) throw new SignedOutError('Nobody is signed in any more. Sign in again.');
  if (now.signIn === before.signIn) return now;
  throw new SignedOutError('Its session has ended, and somebody has signed in anew since. Send it again.');
}

const signInOf = (tokens: Tokens | null): string | null => tokens && (tokens.signIn ?? '');

function tokensOf({ access_token, refresh_token, expires_in }: TokenPair, signIn?: string): Tokens {
  const now = Date.now();
  const lifetime = expires_in * 1000;
  return {
    accessToken: access_token,
    refreshToken: refresh_token,
    signIn,
    refreshAt: now + lifetime - Math.min(MARGIN, lifetime / 4),
    expiresAt: now + lifetime,
  };
}

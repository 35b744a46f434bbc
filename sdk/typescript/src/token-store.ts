/** The tokens of one session. */
export interface Tokens {
  readonly accessToken: string;
  /** Null where the access token is somebody else's to renew. */
  readonly refreshToken: string | null;
  /** Names the sign-in they come from, the same through all refreshes; given by the client. */
  readonly signIn?: string | undefined;
  /** When the access token should be renewed and when it ends, in milliseconds of this machine's clock. */
  readonly refreshAt: number;
  readonly expiresAt: number;
}

/** Where tokens are kept, with all their members. */
export interface TokenStore {
  /** What is kept now, also by others who share the store; null when nobody is signed in. */
  read(): Promise<Tokens | null> | Tokens | null;
  /** Null forgets them. */
  write(tokens: Tokens | null): Promise<void> | void;
  /**
   * Runs `work` while nobody else who shares the store runs theirs. A refresh token is good once: two who exchange the
   * same one are taken for a thief and a victim, and their session ends.
   */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Calls `listener` when somebody else who shares the store has written to it. */
  onChange?(listener: () => void): void;
}

/** Keeps tokens as long as the process or the page lives. */
export class MemoryTokenStore implements TokenStore {
  private readonly turns = new Turns();

  constructor(private tokens: Tokens | null = null) {}

  read(): Tokens | null {
    return this.tokens;
  }

  write(tokens: Tokens | null): void {
    this.tokens = tokens;
  }

  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.turns.take(work);
  }
}

/** One after the other, in the order of asking. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => {});
    return turn;
  }
}

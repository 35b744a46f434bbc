import { withLease } from './lease.js';
import { changeShared, readShared } from './shared-values.js';
import { type Tokens, type TokenStore, Turns } from './token-store.js';

export interface BrowserTokenStoreOptions {
  /** Name of the entry; pages with the same one share a session. `gatehouse` by default. */
  readonly key?: string;
}

/**
 * Keeps tokens in IndexedDB: they outlive the page, and all tabs of the origin share them. A script that runs in the
 * page can read them, so keep foreign scripts out (Content-Security-Policy), or use {@link MemoryTokenStore}.
 */
export class BrowserTokenStore implements TokenStore {
  private readonly key: string;
  private readonly turns = new Turns();
  private channel: BroadcastChannel | undefined;

  constructor({ key = 'gatehouse' }: BrowserTokenStoreOptions = {}) {
    this.key = key;
  }

  async read(): Promise<Tokens | null> {
    const tokens = await readShared(this.key);
    // Anything else was written by somebody else: nobody is signed in.
    return areTokens(tokens) ? tokens : null;
  }

  async write(tokens: Tokens | null): Promise<void> {
    await changeShared(this.key, () => tokens ?? undefined);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has one origin, its own
    this.others().postMessage('changed');
  }

  /** By the Web Locks API; by a lease where there is none, as on pages without TLS. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const name = `${this.key}.refresh`;
    // The types know no browser without them.
    const locks = navigator.locks as LockManager | undefined;
    return this.turns.take(() => (locks ? locks.request(name, work) : withLease(name, work)));
  }

  onChange(listener: () => void): void {
    // On a server there are no other pages, and an open channel would keep the process.
    if ('document' in globalThis) this.others().addEventListener('message', listener);
  }

  private others(): BroadcastChannel {
    this.channel ??= new BroadcastChannel(`${this.key}.tokens`);
    return this.channel;
  }
}

function areTokens(value: unknown): value is Tokens {
  if (typeof value !== 'object' || value === null) return false;
  const { accessToken, refreshToken, signIn, refreshAt, expiresAt } = value as Partial<
    Record<keyof Tokens, unknown>
  >;
  return (
    typeof accessToken === 'string' &&
    (typeof refreshToken === 'string' || refreshToken === null) &&
    (typeof signIn === 'string' || signIn === undefined) &&
    typeof refreshAt === 'number' &&
    typeof expiresAt === 'number'
  );
}

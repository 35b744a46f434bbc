import { HopelessJob } from '../jobs/job.js';

const FAILURES_TO_OPEN = 5;
const PAUSE_MS = 30_000;

/** The provider has failed again and again, and is left alone for a while. */
export class ProviderPaused extends Error {
  constructor(provider: string) {
    super(`${provider} failed ${FAILURES_TO_OPEN} times in a row and is left alone for ${PAUSE_MS / 1000} s`);
    this.name = 'ProviderPaused';
  }
}

/**
 * Keeps a provider that is down or hangs from holding every worker for its timeout: after five failures in a row
 * sends fail at once for 30 s; then one is let through, and its outcome decides for all.
 */
export class CircuitBreaker {
  private failures = 0;
  private pausedUntil = 0;

  constructor(
    private readonly provider: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws ProviderPaused without having tried */
  async run<T>(send: () => Promise<T>): Promise<T> {
    if (this.failures >= FAILURES_TO_OPEN) {
      if (this.now() < this.pausedUntil) throw new ProviderPaused(this.provider);
      // The one that tries; the others go on failing at once until it is back.
      this.pause();
    }
    try {
      const result = await send();
      this.failures = 0;
      return result;
    } catch (error) {
      // One message was refused: the provider works.
      if (error instanceof HopelessJob) this.failures = 0;
      else if (++this.failures >= FAILURES_TO_OPEN) this.pause();
      throw error;
    }
  }

  private pause(): void {
    this.pausedUntil = this.now() + PAUSE_MS;
  }
}

import { HopelessJob } from '../jobs/job.js';

const FAILURES_TO_OPEN = 5;
const PAUSE_MS = 30_000;

/** The provider is left alone for a while: it has failed again and again, or has asked for it. */
export class ProviderPaused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'ProviderPaused';
  }
}

/** One message was put off: for its recipient, say. It says nothing about the provider. */
export class MessageDeferred extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'MessageDeferred';
  }
}

/** The provider takes nothing from anybody for so many seconds. */
export class ProviderBusy extends Error {
  constructor(
    reason: string,
    readonly seconds: number,
  ) {
    super(reason);
    this.name = 'ProviderBusy';
  }
}

/**
 * Keeps a provider that is down or hangs from holding every worker for its timeout: after five failures in a row
 * sends fail at once for 30 s; then one is let through, and its outcome decides for all. What is refused to one message
 * decides nothing: whoever has messages sent to bad addresses could pause, or wake, the provider for everybody.
 */
export class CircuitBreaker {
  private failures = 0;
  private pausedUntil = 0;
  private reason = '';

  constructor(
    private readonly provider: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws ProviderPaused without having tried */
  async run<T>(send: () => Promise<T>): Promise<T> {
    const isProbe = this.failures >= FAILURES_TO_OPEN;
    if (isProbe) {
      if (this.now() < this.pausedUntil) throw new ProviderPaused(this.reason);
      // The one that tries; the others go on failing at once until it is back.
      this.pause(PAUSE_MS);
    }
    try {
      const result = await send();
      this.failures = 0;
      return result;
    } catch (error) {
      if (error instanceof ProviderBusy) this.leaveAlone(error.seconds);
      // Nothing is known yet: the next one tries.
      else if (isAboutTheMessage(error)) this.pausedUntil = isProbe ? this.now() : this.pausedUntil;
      else if (++this.failures >= FAILURES_TO_OPEN) {
        this.reason = `${this.provider} failed ${FAILURES_TO_OPEN} times in a row and is left alone for ${PAUSE_MS / 1000} s`;
        this.pause(PAUSE_MS);
      }
      throw error;
    }
  }

  private leaveAlone(seconds: number): void {
    this.failures = FAILURES_TO_OPEN;
    this.reason = `${this.provider} asked to be left alone for ${seconds} s`;
    this.pause(seconds * 1_000);
  }

  private pause(milliseconds: number): void {
    this.pausedUntil = this.now() + milliseconds;
  }
}

function isAboutTheMessage(error: unknown): boolean {
  return error instanceof HopelessJob || error instanceof MessageDeferred;
}

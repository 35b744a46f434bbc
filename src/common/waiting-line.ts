/** Those who wait for a turn, in the order of arrival, none of them longer than `longest` milliseconds. */
export class WaitingLine {
  private readonly starts = new Set<() => void>();

  /** `refusal` makes what is thrown at who has waited too long. */
  constructor(
    private readonly longest: number,
    private readonly refusal: () => Error,
  ) {}

  get length(): number {
    return this.starts.size;
  }

  /** Resolves when it is called, and rejects with the refusal when it is not called in time. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.starts.delete(start);
        reject(this.refusal());
      }, this.longest);
      this.starts.add(start);
    });
  }

  /** Calls the first one. False when nobody waits. */
  callNext(): boolean {
    const [start] = this.starts;
    if (!start) return false;
    this.starts.delete(start);
    start();
    return true;
  }
}

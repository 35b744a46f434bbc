/** Answers that count for some seconds. Whoever asks the same while it is being asked gets the same answer. */
export class ShortCache<Answer> {
  private readonly kept = new Map<string, { readonly answer: Answer; readonly until: number }>();
  private underWay = new Map<string, Promise<Answer>>();

  /** Keeps `max` answers, the newest. `now` in milliseconds. */
  constructor(
    private readonly seconds: number,
    private readonly max: number,
    private readonly now: () => number,
  ) {}

  /** What `ask` rejects with is passed on and not kept. */
  get(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const kept = this.kept.get(key);
    if (kept && this.now() < kept.until) return Promise.resolve(kept.answer);
    const underWay = this.underWay;
    const asked = underWay.get(key);
    if (asked) return asked;
    // From when it was asked: what changes while the answer is on its way is seen as soon.
    const until = this.now() + this.seconds * 1_000;
    const answer = ask()
      .then((value) => {
        if (underWay === this.underWay) this.keep(key, value, until);
        return value;
      })
      .finally(() => underWay.delete(key));
    underWay.set(key, answer);
    return answer;
  }

  /** Forgets everything, answers that are on their way included. */
  clear(): void {
    this.kept.clear();
    this.underWay = new Map();
  }

  private keep(key: string, answer: Answer, until: number): void {
    this.kept.delete(key);
    this.kept.set(key, { answer, until });
    const [oldest] = this.kept.keys();
    if (this.kept.size > this.max && oldest !== undefined) this.kept.delete(oldest);
  }
}

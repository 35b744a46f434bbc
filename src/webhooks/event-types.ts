/** The types of events there are to ask for: of this service and of modules added to it. */
export class EventTypes {
  constructor(private readonly declared: readonly string[]) {}

  /** Those that match no event: a misspelt one would wait for ever without anybody hearing of it. */
  unknownOf(wanted: readonly string[]): string[] {
    return wanted.filter((type) => !this.isKnown(type));
  }

  private isKnown(wanted: string): boolean {
    if (wanted === '*') return true;
    if (!wanted.endsWith('.*')) return this.declared.includes(wanted);
    return this.declared.some((type) => type.startsWith(wanted.slice(0, -1)));
  }
}

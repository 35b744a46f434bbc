/** One line of metrics. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Metrics as a process shows them, in Prometheus' text format. */
export class Scrape {
  /** By the name of each family. */
  readonly types = new Map<string, string>();
  readonly help = new Map<string, string>();
  readonly series: readonly Series[];

  constructor(readonly text: string) {
    const series: Series[] = [];
    for (const line of text.split('\n')) {
      const [, comment, family = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
      if (comment === 'HELP') this.help.set(family, rest);
      else if (comment === 'TYPE') this.types.set(family, rest);
      else if (line !== '') series.push(seriesOf(line));
    }
    this.series = series;
  }

  static async of(url: string): Promise<Scrape> {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    return new Scrape(await answer.text());
  }

  /** The sum of all series of a name with these labels; undefined when there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.series.filter(
      (one) =>
        one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    );
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }

  /** Every label of every name. */
  labels(): ReadonlyMap<string, ReadonlySet<string>> {
    const labels = new Map<string, Set<string>>();
    for (const { name, labels: own } of this.series) {
      const known = labels.get(name) ?? new Set();
      for (const label of Object.keys(own)) known.add(label);
      labels.set(name, known);
    }
    return labels;
  }
}

function seriesOf(line: string): Series {
  const [, name, inner = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`not a line of metrics: ${line}`);
  const labels = [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [
    label,
    text,
  ]);
  return { name, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) };
}

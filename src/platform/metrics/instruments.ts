/** What is measured, and where it is read from. Every name begins with `gatehouse_`, durations are in seconds. */
export interface Instrument {
  readonly name: string;
  /** As prom-client's registry asks its own. */
  get(): Promise<Family>;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
  /** How the values of several processes become one. */
  readonly aggregator: 'sum' | 'max';
}

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

type Labels<Label extends string> = Readonly<Record<Label, string>>;

/**
 * Series of one instrument. No label holds what a caller chooses; should one ever, what comes beyond these is counted under
 * `other`, so that nobody fills the memory of this process or of Prometheus.
 */
const MOST_SERIES = 2_000;
const OTHER = 'other';

/** All there are in this process, in the order in which they were made. */
export const instruments = new Map<string, Instrument>();

function register<Made extends Instrument>(instrument: Made): Made {
  if (instruments.has(instrument.name)) throw new Error(`There are two metrics ${instrument.name}`);
  instruments.set(instrument.name, instrument);
  return instrument;
}

/** The series of an instrument, by the values of their labels. */
class Series<Label extends string, Cell> {
  private readonly cells = new Map<string, { readonly labels: Labels<Label>; readonly cell: Cell }>();

  constructor(
    private readonly labelNames: readonly Label[],
    private readonly make: () => Cell,
  ) {}

  of(labels: Labels<Label>): Cell {
    const key = this.labelNames.map((name) => labels[name]).join('\0');
    const known = this.cells.get(key);
    if (known) return known.cell;
    const isFull = this.cells.size >= MOST_SERIES && this.labelNames.some((name) => labels[name] !== OTHER);
    if (isFull)
      return this.of(Object.fromEntries(this.labelNames.map((name) => [name, OTHER])) as Labels<Label>);
    const cell = this.make();
    this.cells.set(key, { labels: { ...labels }, cell });
    return cell;
  }

  all(): Iterable<{ readonly labels: Labels<Label>; readonly cell: Cell }> {
    return this.cells.values();
  }
}

/** One series of a counter. Kept by whoever counts often: then counting is one addition. */
export class Count {
  value = 0;

  inc(by = 1): void {
    this.value += by;
  }
}

/** What only ever grows. */
export class Counter<Label extends string = never> implements Instrument {
  private readonly series: Series<Label, Count>;

  constructor(
    readonly name: string,
    private readonly help: string,
    labelNames: readonly Label[],
  ) {
    this.series = new Series(labelNames, () => new Count());
  }

  /** The series of these labels, for good; it is there from now on, with 0. */
  of(labels: Labels<Label>): Count {
    return this.series.of(labels);
  }

  inc(labels: Labels<Label>): void {
    this.of(labels).inc();
  }

  async get(): Promise<Family> {
    const values = Array.from(this.series.all(), ({ labels, cell }) => ({ labels, value: cell.value }));
    return { name: this.name, help: this.help, type: 'counter', values, aggregator: 'sum' };
  }
}

/** One series of a histogram; see {@link Count}. */
export class Distribution {
  readonly counts: number[];
  sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    // The last is for what is above all bounds.
    this.counts = Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
    counts[at] = (counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

/** How values are spread, by how many are not above each bound. */
export class Histogram<Label extends string = never> implements Instrument {
  private readonly series: Series<Label, Distribution>;

  constructor(
    readonly name: string,
    private readonly help: string,
    private readonly bounds: readonly number[],
    labelNames: readonly Label[],
  ) {
    this.series = new Series(labelNames, () => new Distribution(bounds));
  }

  of(labels: Labels<Label>): Distribution {
    return this.series.of(labels);
  }

  async get(): Promise<Family> {
    const values = Array.from(this.series.all(), ({ labels, cell }) => this.samples(labels, cell)).flat();
    return { name: this.name, help: this.help, type: 'histogram', values, aggregator: 'sum' };
  }

  private samples(labels: Labels<Label>, { counts, sum }: Distribution): Sample[] {
    let below = 0;
    const buckets = counts.map((count, at) => {
      below += count;
      const le = this.bounds[at] ?? '+Inf';
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: below };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: below },
    ];
  }
}

export type Readings<Label extends string> = Iterable<readonly [labels: Labels<Label>, value: number]>;
type Reader<Label extends string> = () => Readings<Label> | Promise<Readings<Label>>;

/** What goes up and down: asked for when it is looked at. */
export class Gauge<Label extends string = never> implements Instrument {
  private readonly readers = new Set<Reader<Label>>();

  constructor(
    readonly name: string,
    private readonly help: string,
    private readonly labelNames: readonly Label[],
    private readonly aggregator: 'sum' | 'max' = 'sum',
  ) {}

  /** Asks `reader` from now on; what several say of one series is added up. Answers how to leave it out again. */
  read(reader: Reader<Label>): () => void {
    this.readers.add(reader);
    return () => void this.readers.delete(reader);
  }

  async get(): Promise<Family> {
    const series = new Series<Label, Count>(this.labelNames, () => new Count());
    const readings = await Promise.all(Array.from(this.readers, async (reader) => reader()));
    for (const [labels, value] of readings.flatMap((one) => [...one])) series.of(labels).inc(value);
    const values = Array.from(series.all(), ({ labels, cell }) => ({ labels, value: cell.value }));
    return { name: this.name, help: this.help, type: 'gauge', values, aggregator: this.aggregator };
  }
}

/** Of what takes milliseconds to seconds. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Of what may be left for hours. */
export const LONG = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200];

export function counter<Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
) {
  return register(new Counter<Label>(name, help, labels));
}

export function histogram<Label extends string = never>(
  name: string,
  help: string,
  bounds: readonly number[],
  labels: readonly Label[] = [],
) {
  return register(new Histogram<Label>(name, help, bounds, labels));
}

export function gauge<Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
  aggregator: 'sum' | 'max' = 'sum',
) {
  return register(new Gauge<Label>(name, help, labels, aggregator));
}

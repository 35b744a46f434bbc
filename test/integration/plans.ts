import type { Page, PageRequest } from '../../src/common/page.js';
import { type Fixture, only, type Sql } from './fixture.js';

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** What Postgres does for a statement. */
export interface Plan {
  /** Rows it reads from tables, those it then leaves out as well. */
  readonly read: number;
  /** Rows it puts into order itself, as no index has them in it. */
  readonly sorted: number;
  /** Tables it reads from one end to the other, or until it has enough. */
  readonly whole: readonly string[];
  /** Its steps with their indexes, the last first. */
  readonly steps: string;
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}

/** Runs a statement and says how it was done. */
export async function planOf(sql: Sql, statement: Statement): Promise<Plan> {
  const explained = await sql<{ 'QUERY PLAN': [{ Plan: Node }] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${statement.sql}`,
    statement.parameters,
  );
  const nodes = flat(only(explained)['QUERY PLAN'][0].Plan);
  const scans = nodes.filter((node) => node['Relation Name'] !== undefined);
  return {
    read: sum(scans, (node) =>
      [
        node['Actual Rows'],
        node['Rows Removed by Filter'],
        node['Rows Removed by Index Recheck'],
      ].reduce<number>((rows, more) => rows + (more ?? 0) * node['Actual Loops'], 0),
    ),
    sorted: sum(
      nodes.filter((node) => node['Node Type'] === 'Sort'),
      (node) => sum(node.Plans ?? [], (input) => input['Actual Rows'] * input['Actual Loops']),
    ),
    whole: scans
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .map((node) => node['Relation Name'] ?? ''),
    steps: nodes.map((node) => [node['Node Type'], node['Index Name']].filter(Boolean).join(' ')).join(' < '),
  };
}

function flat(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)];
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

export const LIMIT = 20;
/** A page, and a few rows that are looked at and left out. */
export const A_PAGE = 100;
/** A total is counted up to 10,000; again some are left out. */
const A_TOTAL = 12_500;
/** Deep enough to be in the middle of what a filter selects. */
const DEEP = 450;

/** The statements that `work` sends. */
export async function sentBy(db: Fixture, work: () => Promise<unknown>): Promise<Statement[]> {
  const log = jest.spyOn(db.dataSource.logger, 'logQuery');
  try {
    await work();
    return log.mock.calls
      .map(([sql, parameters]) => ({ sql, parameters: parameters as unknown[] }))
      .filter(({ sql }) => !sql.startsWith('EXPLAIN'));
  } finally {
    log.mockRestore();
  }
}

/** A list with its filters; the fields it is sorted by; how many rows a page may cost. */
export interface ListCase {
  readonly list: (request: PageRequest<never>) => Promise<Page<unknown>>;
  readonly fields: readonly string[];
  /** A page of them unless it says more. */
  readonly reads?: number;
}

/** What is wrong with how a list is read: the first page with its total, and a page far behind, in every order. */
export async function faultsOf(db: Fixture, { list, fields, reads = A_PAGE }: ListCase): Promise<string[]> {
  const faults: string[] = [];
  for (const sort of fields.flatMap((field) => [false, true].map((descending) => ({ field, descending })))) {
    const request = { limit: LIMIT, sort: sort as never, after: null, withTotal: false };
    const { next } = await list({ ...request, limit: DEEP });
    const statements = await sentBy(db, () => list({ ...request, withTotal: true }));
    if (next) statements.push(...(await sentBy(db, () => list({ ...request, after: next }))));
    expect(statements).toHaveLength(next ? 3 : 2);
    for (const statement of statements) {
      const isTotal = statement.sql.includes('count(*)');
      const { read, sorted, whole, steps } = await planOf(db.sql, statement);
      // To count what is nearly everything it is as well to begin at the front: it ends at 10,000.
      const isWrong = isTotal ? read > A_TOTAL : read > reads || sorted > LIMIT + 1 || whole.length > 0;
      if (isWrong)
        faults.push(`${isTotal ? 'total' : JSON.stringify(sort)}: ${read} read, ${sorted} sorted, ${steps}`);
    }
  }
  return faults;
}

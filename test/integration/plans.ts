import { only, type Sql } from './fixture.js';

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

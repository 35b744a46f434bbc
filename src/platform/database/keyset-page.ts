import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Page, PageRequest, Total } from '../../common/page.js';

/** Up to here a total is counted; beyond, the planner's estimate answers. */
const COUNT_LIMIT = 10_000;

/**
 * Reads one page by keyset: rows after a position, in the order of one column and the id. The cost does not
 * grow with the depth of the page. `query` selects the entity under the alias `row` with its filters applied.
 */
export async function keysetPage<
  // The driver reads a bigint as text.
  Row extends ObjectLiteral & { id: number | string },
  Field extends keyof Row & string,
>(query: SelectQueryBuilder<Row>, request: PageRequest<Field>): Promise<Page<Row>> {
  const { field, descending } = request.sort;
  const total = request.withTotal ? await countUpToLimit(query) : undefined;
  const order = descending ? 'DESC' : 'ASC';
  const paged = query.clone().orderBy(`row.${field}`, order);
  if (field !== 'id') paged.addOrderBy('row.id', order);
  if (request.after) {
    const beyond = descending ? '<' : '>';
    if (field === 'id') paged.andWhere(`row.id ${beyond} :afterId`);
    else paged.andWhere(`(row.${field}, row.id) ${beyond} (:afterValue, :afterId)`);
    paged.setParameters({ afterValue: request.after.value, afterId: request.after.id });
  }
  const rows = await paged.limit(request.limit + 1).getMany();
  const items = rows.slice(0, request.limit);
  const last = rows.length > request.limit ? items.at(-1) : undefined;
  return {
    items,
    next: last ? { value: sortValue(last[field]), id: Number(last.id) } : null,
    ...(total && { total }),
  };
}

async function countUpToLimit<Row extends ObjectLiteral>(query: SelectQueryBuilder<Row>): Promise<Total> {
  const { manager } = query.connection;
  const [sql, parameters] = query
    .clone()
    .select('1', 'one')
    .limit(COUNT_LIMIT + 1)
    .getQueryAndParameters();
  const counted = await manager.query<[{ value: number }]>(
    `SELECT count(*)::int AS value FROM (${sql}) AS counted`,
    parameters,
  );
  if (counted[0].value <= COUNT_LIMIT) return { value: counted[0].value, exact: true };
  const [all, allParameters] = query.clone().select('1', 'one').getQueryAndParameters();
  const plan = await manager.query<[{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }]>(
    `EXPLAIN (FORMAT JSON) ${all}`,
    allParameters,
  );
  return { value: Math.max(plan[0]['QUERY PLAN'][0].Plan['Plan Rows'], COUNT_LIMIT + 1), exact: false };
}

/** Exact for times too: `set_common_columns` stores them in whole milliseconds, as JavaScript has them. */
function sortValue(value: unknown): string | number {
  if (value instanceof Date) return value.toISOString();
  return value as string | number;
}

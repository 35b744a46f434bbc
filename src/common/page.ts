/** Order of a list: one field, made total by the id behind it. */
export interface Sort<Field extends string> {
  readonly field: Field;
  readonly descending: boolean;
}

/** Position after which a page begins: the sort value and the id of the last row seen. */
export interface PagePosition {
  readonly value: string | number;
  readonly id: number;
}

export interface PageRequest<Field extends string> {
  /** 1 to 100 rows. */
  readonly limit: number;
  readonly sort: Sort<Field>;
  readonly after: PagePosition | null;
  /** Count the matching rows too. */
  readonly withTotal: boolean;
}

/** Number of matching rows: counted up to 10,000, estimated from the planner's statistics beyond. */
export interface Total {
  readonly value: number;
  readonly exact: boolean;
}

export interface Page<T> {
  readonly items: T[];
  readonly next: PagePosition | null;
  readonly total?: Total;
}

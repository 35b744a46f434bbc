import { getMetadataArgsStorage } from 'typeorm';
import { allInOne } from '../../src/apps/all-in-one.js';

export type Sql = <Row>(text: string, parameters?: unknown[]) => Promise<Row[]>;

/**
 * What a service keeps, looked into past it. `auth` has its tables in a database of its own where it is a service of its own:
 * a statement names tables of one side only, so that the same tests can look there.
 */
export function storedData(run: Sql): Sql {
  return async (text, parameters) => {
    assertOneSide(text);
    return run(text, parameters);
  };
}

/** Tables of the process by side; those of the platform are in every database. */
const SIDES = sidesOfTables();

/** @throws Error that names the tables */
export function assertOneSide(text: string): void {
  const named = [...text.matchAll(/\b(?:from|join|into|update|table)\s+(?:only\s+)?"?(\w+)"?/gi)];
  const tables = named.map(([, table = '']) => table).filter((table) => SIDES.has(table));
  if (new Set(tables.map((table) => SIDES.get(table))).size > 1) {
    throw new Error(`A statement of a test looks into two databases: ${tables.join(', ')}. Make it two.`);
  }
}

function sidesOfTables(): ReadonlyMap<string, 'auth' | 'users'> {
  const tableOf = new Map(getMetadataArgsStorage().tables.map(({ target, name }) => [target, name ?? '']));
  return new Map(
    allInOne.features.flatMap(({ name, entities }) =>
      entities.map((entity) => [tableOf.get(entity) ?? '', name === 'auth' ? 'auth' : 'users'] as const),
    ),
  );
}

import type { EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import type { Transaction } from './transactions.js';

/** Inserts one row and answers it as the database wrote it, columns set by triggers and defaults included. */
export async function insertReturning<Entity extends ObjectLiteral>(
  tx: Transaction,
  entity: EntityTarget<Entity>,
  values: QueryDeepPartialEntity<Entity>,
): Promise<Entity> {
  const repository = tx.repository(entity);
  const result = await repository.createQueryBuilder().insert().values(values).returning('*').execute();
  return hydrate(repository, result.raw as unknown[]);
}

/** Updates one live row by id and answers it as the database wrote it. */
export async function updateReturning<Entity extends ObjectLiteral & { id: number }>(
  tx: Transaction,
  entity: EntityTarget<Entity>,
  id: number,
  values: QueryDeepPartialEntity<Entity>,
): Promise<Entity> {
  const repository = tx.repository(entity);
  const result = await repository
    .createQueryBuilder()
    .update()
    .set(values)
    .where('id = :id AND deleted_at IS NULL', { id })
    .returning('*')
    .execute();
  return hydrate(repository, result.raw as unknown[]);
}

/** The row of RETURNING as an entity. TypeORM reads it only halfway after an insert, and not at all after an update. */
function hydrate<Entity extends ObjectLiteral>(repository: Repository<Entity>, [row]: unknown[]): Entity {
  const entity = repository.create();
  const { driver } = repository.manager.dataSource;
  for (const column of repository.metadata.columns) {
    const value = (row as Record<string, unknown>)[column.databaseName];
    column.setEntityValue(entity, driver.prepareHydratedValue(value, column));
  }
  return entity;
}

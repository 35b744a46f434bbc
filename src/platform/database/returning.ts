import type { EntityTarget, ObjectLiteral } from 'typeorm';
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
  return repository.create(result.generatedMaps[0] as Entity);
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
  return repository.create(result.generatedMaps[0] as Entity);
}

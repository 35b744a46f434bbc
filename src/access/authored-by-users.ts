import { ForeignKey } from 'typeorm';

/** Foreign keys of `created_by` and `updated_by`, for the tables that share a database with `user`. */
export function AuthoredByUsers(table: string): ClassDecorator {
  return (target) => {
    for (const column of ['created_by', 'updated_by'] as const) {
      const property = column === 'created_by' ? 'createdBy' : 'updatedBy';
      ForeignKey('User', [property], ['id'], { name: `fk_${table}_${column}`, onDelete: 'SET NULL' })(target);
    }
  };
}

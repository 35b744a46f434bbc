import type { MigrationInterface, QueryRunner } from 'typeorm';

const LIVE = 'deleted_at IS NULL';
const RESTORABLE = 'deleted_at IS NOT NULL AND purged_at IS NULL';

const INDEXES = {
  ix_user_active: `"user" (is_active, id) WHERE ${LIVE}`,
  ix_user_active_created_at: `"user" (is_active, created_at, id) WHERE ${LIVE}`,
  ix_user_role_created_at: `"user" (role_id, created_at, id) WHERE ${LIVE}`,
  ix_user_deleted: `"user" (id) WHERE ${RESTORABLE}`,
  ix_user_deleted_created_at: `"user" (created_at, id) WHERE ${RESTORABLE}`,
  ix_user_identity_deleted_value: 'user_identity (type, value) WHERE deleted_at IS NOT NULL',
};

/**
 * An index behind each filter of the list of users, in each order of it.
 *
 * Each is built beside what goes on: to build one takes a second for a million users, in which an ordinary CREATE INDEX
 * lets nobody write. That is possible outside a transaction only. A build that was cut short leaves an invalid index
 * behind: it is removed, and built anew at the next start.
 */
export class UserLists1767600100000 implements MigrationInterface {
  name = 'UserLists1767600100000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, definition] of Object.entries(INDEXES)) {
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
      await runner.query(`CREATE INDEX CONCURRENTLY ${name} ON ${definition}`);
    }
  }

  /** In a transaction, as TypeORM takes back everything. */
  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX ${name}`);
  }
}

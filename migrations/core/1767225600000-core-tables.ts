import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Audit log, outbox, and the trigger functions the tables of every module use. */
export class CoreTables1767225600000 implements MigrationInterface {
  name = 'CoreTables1767225600000';

  async up(runner: QueryRunner): Promise<void> {
    // The one mechanism behind the common columns. Whole milliseconds, so that a time survives JavaScript and
    // cursors exactly. created_by may become null when its user row is removed for good (ON DELETE SET NULL).
    await runner.query(`
      CREATE OR REPLACE FUNCTION set_common_columns() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        author integer := nullif(current_setting('gatehouse.author', true), '')::integer;
      BEGIN
        NEW.updated_at := date_trunc('milliseconds', now());
        IF TG_OP = 'INSERT' THEN
          NEW.created_at := NEW.updated_at;
          NEW.created_by := author;
          NEW.updated_by := author;
        ELSE
          NEW.created_at := OLD.created_at;
          IF NEW.created_by IS NOT NULL THEN NEW.created_by := OLD.created_by; END IF;
          NEW.updated_by := author;
        END IF;
        IF NEW.deleted_at IS NOT NULL THEN NEW.deleted_at := date_trunc('milliseconds', NEW.deleted_at); END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
      END $$`);

    await runner.query(`
      CREATE TABLE audit_log (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_audit_log PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        actor_id integer,
        action varchar(64) NOT NULL,
        subject_type varchar(32),
        subject_id varchar(64),
        outcome varchar(16) NOT NULL,
        ip inet,
        user_agent varchar(256),
        request_id varchar(128),
        session_id varchar(64),
        details jsonb NOT NULL DEFAULT '{}'
      )`);
    await runner.query('CREATE INDEX ix_audit_log_subject ON audit_log (subject_type, subject_id, id)');
    await runner.query('CREATE INDEX ix_audit_log_actor ON audit_log (actor_id, id)');
    await runner.query(`
      CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`);

    await runner.query(`
      CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox PRIMARY KEY,
        event_id uuid NOT NULL DEFAULT gen_random_uuid(),
        type varchar(64) NOT NULL,
        version smallint NOT NULL,
        aggregate_type varchar(32) NOT NULL,
        aggregate_id varchar(64) NOT NULL,
        payload jsonb NOT NULL,
        occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        published_at timestamptz
      )`);
    await runner.query('CREATE UNIQUE INDEX ux_outbox_event_id ON outbox (event_id)');
    await runner.query('CREATE INDEX ix_outbox_unpublished ON outbox (id) WHERE published_at IS NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE outbox');
    await runner.query('DROP TABLE audit_log');
    await runner.query('DROP FUNCTION refuse_change()');
    await runner.query('DROP FUNCTION set_common_columns()');
  }
}

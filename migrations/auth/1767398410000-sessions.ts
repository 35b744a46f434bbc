import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions and their rotating refresh tokens. */
export class Sessions1767398410000 implements MigrationInterface {
  name = 'Sessions1767398410000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE session (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_session PRIMARY KEY,
        user_id integer NOT NULL,
        ip inet,
        user_agent varchar(256),
        created_at timestamptz NOT NULL DEFAULT now(),
        last_seen_at timestamptz NOT NULL DEFAULT now(),
        idle_expires_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        revoke_reason varchar(32),
        CONSTRAINT ck_session_revoked CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL))
      )`);
    await runner.query('CREATE INDEX ix_session_user ON session (user_id, id) WHERE revoked_at IS NULL');
    await runner.query('CREATE INDEX ix_session_idle_expires_at ON session (idle_expires_at)');
    await runner.query(`
      CREATE TABLE refresh_token (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_refresh_token PRIMARY KEY,
        session_id bigint NOT NULL CONSTRAINT fk_refresh_token_session REFERENCES session (id) ON DELETE CASCADE,
        token_hash bytea NOT NULL,
        parent_id bigint CONSTRAINT fk_refresh_token_parent REFERENCES refresh_token (id) ON DELETE CASCADE,
        used_at timestamptz,
        successor_sealed bytea,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE UNIQUE INDEX ux_refresh_token_hash ON refresh_token (token_hash)');
    // One child at most: a fork is impossible, whatever the code does.
    await runner.query('CREATE UNIQUE INDEX ux_refresh_token_parent ON refresh_token (parent_id)');
    await runner.query('CREATE INDEX ix_refresh_token_session ON refresh_token (session_id)');
    await runner.query(
      'CREATE INDEX ix_refresh_token_sealed ON refresh_token (used_at) WHERE successor_sealed IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE refresh_token');
    await runner.query('DROP TABLE session');
  }
}

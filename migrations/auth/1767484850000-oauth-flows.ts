import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sign-ins through providers on their way; see OAuthFlowsRepository. */
export class OauthFlows1767484850000 implements MigrationInterface {
  name = 'OauthFlows1767484850000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE oauth_flow (
        state_hash bytea CONSTRAINT pk_oauth_flow PRIMARY KEY,
        browser_hash bytea NOT NULL,
        provider varchar(50) NOT NULL,
        return_to text NOT NULL,
        code_challenge varchar(43) NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        code_hash bytea,
        account_sealed bytea
      )`);
    await runner.query('CREATE UNIQUE INDEX ux_oauth_flow_code ON oauth_flow (code_hash)');
    await runner.query('CREATE INDEX ix_oauth_flow_expires_at ON oauth_flow (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE oauth_flow');
  }
}

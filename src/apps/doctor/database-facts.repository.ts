import type { DataSource } from 'typeorm';
import { SigningKey } from '../../auth/tokens/signing-key.entity.js';
import { SigningKeysRepository } from '../../auth/tokens/signing-keys.repository.js';

/** What a Postgres server says of itself, and of whom it takes us for. */
export interface DatabaseFacts {
  /** 180001 for 18.1. */
  readonly version: number;
  readonly encoding: string;
  readonly hasPlpgsql: boolean;
  readonly isReplica: boolean;
  readonly isEncrypted: boolean;
  /** Whether it is on this machine. */
  readonly isLocal: boolean;
  readonly role: string;
  readonly isSuperuser: boolean;
  /** Connections that are not kept for superusers. */
  readonly connections: number;
  /** Milliseconds its clock is ahead of this machine's, and the most that may be wrong about that. */
  readonly skew: number;
  readonly skewUncertainty: number;
  /** Tables of ours on which the role lacks something it needs. */
  readonly lacking: readonly string[];
  /** What it could do to the audit log, and should not: UPDATE, DELETE, TRUNCATE. */
  readonly excess: readonly string[];
}

interface Row extends Omit<DatabaseFacts, 'skew' | 'skewUncertainty' | 'lacking' | 'excess'> {
  readonly now: number;
}

/** Every query of the doctor. None of them changes or locks anything. */
export class DatabaseFactsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly now: () => number = Date.now,
  ) {}

  async read(): Promise<DatabaseFacts> {
    // The first statement of a connection waits for the settings of the connection.
    await this.dataSource.query('SELECT 1');
    const before = this.now();
    const [{ now, ...row }] = await this.dataSource.query<[Row]>(
      `SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now,
         current_setting('server_version_num')::int AS version,
         (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()) AS encoding,
         EXISTS (SELECT 1 FROM pg_language WHERE lanname = 'plpgsql') AS "hasPlpgsql",
         pg_is_in_recovery() AS "isReplica",
         coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS "isEncrypted",
         coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', true) AS "isLocal",
         current_user AS role,
         (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS "isSuperuser",
         current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS connections`,
    );
    const after = this.now();
    const uncertainty = (after - before) / 2;
    return {
      ...row,
      skew: now - (before + uncertainty),
      skewUncertainty: uncertainty,
      lacking: await this.lacking(),
      excess: await this.excess(),
    };
  }

  /** Seconds the oldest event has waited for a relay. */
  async outboxAge(): Promise<number | null> {
    const rows = await this.dataSource.query<{ age: number }[]>(
      `SELECT extract(epoch FROM clock_timestamp() - occurred_at)::float8 AS age FROM outbox
       WHERE published_at IS NULL ORDER BY id LIMIT 1`,
    );
    return rows[0]?.age ?? null;
  }

  /** Of the newest two thousand entries of the audit log, two hundred at most. */
  addresses(): Promise<{ ip: string; count: number }[]> {
    return this.dataSource.query(
      `SELECT host(ip) AS ip, count(*)::int AS count FROM (
         SELECT ip FROM (SELECT ip FROM audit_log ORDER BY id DESC LIMIT 2000) newest WHERE ip IS NOT NULL LIMIT 200
       ) recent GROUP BY ip ORDER BY count(*) DESC, ip`,
    );
  }

  signingKeys(): Promise<SigningKey[]> {
    return new SigningKeysRepository(this.dataSource.getRepository(SigningKey)).findAll();
  }

  /** Seconds each key has been in its state, by the clock of the database. */
  async keyAges(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.dataSource.query<{ kid: string; age: number }[]>(
      `SELECT kid, extract(epoch FROM now() - state_changed_at)::float8 AS age FROM signing_key`,
    );
    return new Map(rows.map(({ kid, age }) => [kid, age]));
  }

  /** Tables that are there and that the role cannot work with. The audit log is only ever added to. */
  private async lacking(): Promise<string[]> {
    const tables = this.dataSource.entityMetadatas.map(({ tableName }) => tableName);
    const rows = await this.dataSource.query<{ name: string }[]>(
      `SELECT c.relname AS name FROM pg_class c
       WHERE c.relname = ANY ($1) AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
         AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_any_column_privilege(c.oid, 'INSERT')
           AND (c.relname = 'audit_log' OR has_any_column_privilege(c.oid, 'UPDATE'))) ORDER BY 1`,
      [tables],
    );
    return rows.map(({ name }) => name);
  }

  private async excess(): Promise<string[]> {
    const rows = await this.dataSource.query<{ may: string }[]>(
      `SELECT may FROM pg_class c, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS may
       WHERE c.relname = 'audit_log' AND pg_table_is_visible(c.oid) AND has_table_privilege(c.oid, may)`,
    );
    return rows.map(({ may }) => may);
  }
}

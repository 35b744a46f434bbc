// Where the migrations are rehearsed: databases of their own, on the server of DATABASE_URL or on an embedded one.
import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Client } from 'pg';
import { EmbeddedPostgres, EmbeddedPostgresError } from '../../tools/embedded-postgres/embedded-postgres.ts';
import { Problem } from './problem.mjs';
import { npmRun } from './run.mjs';

/** Two clones may use one server. */
const PREFIX = `gatehouse_upgrade_${createHash('sha256').update(realpathSync('.')).digest('hex').slice(0, 12)}`;
/** What the clone has. Kept until the upgrade is over, and never migrated further. */
const BEFORE = `${PREFIX}_before`;
/** A copy of it, on which the release's migrations run; made anew each time. */
const AFTER = `${PREFIX}_after`;

export class ScratchDatabase {
  #embedded;
  #url;

  constructor(url, embedded) {
    this.#url = url;
    this.#embedded = embedded;
  }

  static async open() {
    const configured = process.env.DATABASE_URL;
    if (configured) return new ScratchDatabase(configured, null);
    const embedded = await EmbeddedPostgres.start({ dataDir: resolve('.data', 'upgrade') }).catch((error) => {
      throw error instanceof EmbeddedPostgresError ? new Problem(error.message, { cause: error }) : error;
    });
    process.once('exit', () => embedded.stopSync());
    return new ScratchDatabase(embedded.url, embedded);
  }

  /** Nothing stays behind of an upgrade that is over. */
  static async discard() {
    const scratch = await ScratchDatabase.open();
    try {
      await scratch.drop();
    } finally {
      await scratch.close();
    }
    const folder = scratch.#embedded?.dataDir;
    if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Migrates and seeds from nothing, with the code there is. */
  async prepareBefore() {
    await this.drop();
    await this.#sql(`CREATE DATABASE "${BEFORE}"`);
    await npmRun(
      'Migrating a scratch database as the code is now',
      'seed:run',
      [],
      this.#environmentOf(BEFORE),
    );
  }

  /** Migrates and seeds what there was before. Answers the names of the migrations that ran. @throws Problem */
  async rehearse() {
    const [found] = await this.#sql('SELECT 1 FROM pg_database WHERE datname = $1', [BEFORE]);
    if (!found)
      throw new Problem(
        'The scratch database of this upgrade is not there. Set DATABASE_URL (or not) as when it began; or begin anew after --abort.',
      );
    await this.#sql(`DROP DATABASE IF EXISTS "${AFTER}" WITH (FORCE)`);
    await this.#sql(`CREATE DATABASE "${AFTER}" TEMPLATE "${BEFORE}"`);
    const before = await this.#migrations(BEFORE);
    await npmRun('Migrating the scratch database on', 'seed:run', [], this.#environmentOf(AFTER));
    return (await this.#migrations(AFTER)).filter((name) => !before.includes(name));
  }

  /** @throws Problem with what a migration would have to do, when entities and database differ after {@link rehearse} */
  async assertAgreement() {
    const check = ['migration:generate', '--esm', '--check', 'migrations/Missing'];
    try {
      await npmRun('Comparing entities and database', 'typeorm', check, this.#environmentOf(AFTER));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw new Problem(
        `${error.message}\nThe entities state what no migration makes. Add one, or bring the entities in line.`,
        { cause: error },
      );
    }
  }

  async drop() {
    for (const name of [AFTER, BEFORE]) await this.#sql(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  }

  async close() {
    await this.#embedded?.stop();
  }

  /** What .env says of another database must not be reached. */
  #environmentOf(name) {
    const url = this.#urlOf(name);
    return { env: { DATABASE_URL: url, DATABASE_DIRECT_URL: url, NODE_ENV: 'development' } };
  }

  #urlOf(name) {
    const url = new URL(this.#url);
    url.pathname = `/${name}`;
    return url.href;
  }

  async #migrations(name) {
    return (await this.#sql('SELECT name FROM migration ORDER BY id', [], this.#urlOf(name))).map(
      (row) => row.name,
    );
  }

  async #sql(text, values = [], url = this.#url) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      return (await client.query(text, values)).rows;
    } catch (error) {
      throw new Problem(`The scratch database could not be used: ${error.message || error.code}`, {
        cause: error,
      });
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

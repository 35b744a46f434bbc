/** What tells this installation from others on the same Redis or RabbitMQ. */
export abstract class Installation {
  /** A uuid, kept in the database: it goes where the data goes, into a copy as well. */
  abstract readonly id: string;
  /**
   * Tells a database from a copy that was made by dump and restore or `CREATE DATABASE … TEMPLATE`. The same on every
   * server of one replication, so that a promoted replica goes on by itself.
   */
  abstract readonly fingerprint: string;
}

/** The database has no row that says which installation it is. */
export class InstallationUnknown extends Error {
  constructor(cause?: unknown) {
    super(
      'The database does not say which installation it is, so that Redis and RabbitMQ cannot be used.\n' +
        'Bring it up to date first: npm run cli -- migrate, or start with MIGRATE_ON_START=true.',
      { cause },
    );
    this.name = 'InstallationUnknown';
  }
}

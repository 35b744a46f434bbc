import type { DataSource } from 'typeorm';
import type { Transaction } from '../database/transactions.js';
import { type Installation, InstallationUnknown } from './installation.js';

/** SQLSTATE. */
const UNDEFINED_TABLE = '42P01';
const NOT_ALLOWED = '42501';

const READ = `SELECT i.id, $SERVER || '/' || d.oid AS fingerprint
  FROM installation i, pg_database d WHERE d.datname = current_database()`;
const SERVER = '(SELECT system_identifier FROM pg_control_system())';

/** @throws InstallationUnknown when the migration that makes it has not run */
export async function readInstallation(dataSource: DataSource): Promise<Installation> {
  try {
    const [row] = await read(dataSource);
    if (row) return row;
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
    throw new InstallationUnknown(error);
  }
  throw new InstallationUnknown();
}

async function read(dataSource: DataSource): Promise<Installation[]> {
  try {
    return await dataSource.query<Installation[]>(READ.replace('$SERVER', SERVER));
  } catch (error) {
    if ((error as { code?: string }).code !== NOT_ALLOWED) throw error;
    // Some hosts keep the identifier of the server to themselves.
    return dataSource.query<Installation[]>(READ.replace('$SERVER', `'?'`));
  }
}

/** Gives the installation a new id, and answers it. Processes that run must be stopped before: they know the old one. */
export async function renewInstallation(tx: Transaction): Promise<string> {
  const [row] = await tx.query<{ id: string }>(
    'UPDATE installation SET id = gen_random_uuid(), created_at = now() RETURNING id',
  );
  if (!row) throw new InstallationUnknown();
  return row.id;
}

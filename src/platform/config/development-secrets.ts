import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECRET_NAMES } from './secrets.config.js';

const SECRETS_FILE = 'secrets.json';

/**
 * Random secrets for development, kept in `<dataDir>/secrets.json` (mode 600) so that passwords and signing
 * keys survive a restart. Never used in production, where the configuration demands them.
 */
export function developmentSecrets(_missing: readonly string[], dataDir: string): Record<string, string> {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, SECRETS_FILE);
  const fresh = Object.fromEntries(SECRET_NAMES.map((name) => [name, randomBytes(36).toString('base64url')]));
  // Written aside and linked into place: of two processes that start together one wins, both read the same file.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(fresh, null, 2), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  const lacking = SECRET_NAMES.filter((name) => !kept[name]);
  if (lacking.length > 0)
    throw new Error(
      `${file} lacks ${lacking.join(', ')}. Add them, or remove the file to have all of them made anew.`,
    );
  return kept;
}

/** Those that development has made for itself by now; nothing is made. For commands that change nothing. */
export function keptSecrets(missing: readonly string[], dataDir: string): Record<string, string> {
  return existsSync(join(dataDir, SECRETS_FILE)) ? developmentSecrets(missing, dataDir) : {};
}

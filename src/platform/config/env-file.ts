import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationError } from './config.js';

/**
 * Adds what a file of settings says to `env`; what is set there already stays. Nothing happens without the file.
 * Editors of Windows save UTF-16, or UTF-8 with a byte order mark: both are read as what they are.
 *
 * @throws ConfigurationError naming the file when it cannot be read whole
 */
export function readEnvFile(path: string, env: NodeJS.ProcessEnv): void {
  const bytes = bytesOf(path);
  if (!bytes) return;
  const settings = parseEnv(textOf(path, bytes));
  for (const [name, value] of Object.entries(settings)) env[name] ??= value;
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw fault(path, `cannot be read (${code}); let this user read it, or remove it`);
  }
}

function textOf(path: string, bytes: Buffer): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8';
  let text: string;
  try {
    // Without the byte order mark.
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw fault(path, 'is not text in UTF-8; save it as such');
  }
  // UTF-16 without a mark, for one.
  if (text.includes('\0')) throw fault(path, 'is not text in UTF-8; save it as such');
  return text;
}

const fault = (path: string, reason: string) => new ConfigurationError(new Map([[path, reason]]));

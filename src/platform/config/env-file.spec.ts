import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvFile } from './env-file.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gatehouse-env-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const TEXT = 'NODE_ENV=production\r\n# a comment\r\nMAIL_FROM="Grüße <id@example.com>"\r\nPORT=\r\n';

function read(content: Buffer | string, env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const path = join(folder, '.env');
  writeFileSync(path, content);
  readEnvFile(path, env);
  return env;
}

const utf16 = (text: string, order: 'le' | 'be', mark = '\uFEFF') => {
  const bytes = Buffer.from(`${mark}${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
};

describe('F12: .env', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${TEXT}`)],
    ['UTF-16, as PowerShell writes it', utf16(TEXT, 'le')],
    ['UTF-16, the other way round', utf16(TEXT, 'be')],
  ])('is read whole, the first line too, in %s', (_, content) => {
    expect(read(content)).toEqual({
      NODE_ENV: 'production',
      MAIL_FROM: 'Grüße <id@example.com>',
      PORT: '',
    });
  });

  it.each([
    ['UTF-16 without a mark', utf16(TEXT, 'le', '')],
    ['an encoding of one byte', Buffer.from('MAIL_FROM=Gr\xfc\xdfe <id@example.com>', 'latin1')],
    ['half a character', Buffer.from([0xff, 0xfe, 0x41])],
    ['no text at all', Buffer.from([0x50, 0x4b, 3, 4, 0, 0])],
  ])('is refused by name when it is %s, and sets nothing', (_, content) => {
    const env = {};
    expect(() => read(content, env)).toThrow(/\.env is not text in UTF-8/);
    expect(env).toEqual({});
  });

  it('gives way to the environment', () => {
    expect(read(TEXT, { NODE_ENV: 'test' }).NODE_ENV).toBe('test');
  });

  it('may be missing, but not be something else', () => {
    expect(() => readEnvFile(join(folder, 'none'), {})).not.toThrow();
    const path = join(folder, 'folder');
    mkdirSync(path);
    expect(() => readEnvFile(path, {})).toThrow(/folder cannot be read \(EISDIR\)/);
  });
});

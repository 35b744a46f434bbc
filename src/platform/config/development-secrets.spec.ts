import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECRET_NAMES } from './secrets.config.js';
import { developmentSecrets } from './development-secrets.js';

let folder: string;
let dataDir: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'));
  dataDir = join(folder, 'not', 'there', 'yet');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('developmentSecrets', () => {
  it('makes every secret, random, long enough and different', () => {
    const secrets = developmentSecrets([], dataDir);
    expect(Object.keys(secrets)).toEqual([...SECRET_NAMES]);
    const values = Object.values(secrets);
    expect(values.every((value) => value.length >= 32)).toBe(true);
    expect(new Set([...values, ...Object.values(developmentSecrets([], folder))]).size).toBe(6);
  });

  it('gives the same secrets at the next start', () => {
    expect(developmentSecrets([], dataDir)).toEqual(developmentSecrets(['APP_SECRET'], dataDir));
  });

  it('keeps them in a file that only its owner reads, and leaves no draft', () => {
    developmentSecrets([], dataDir);
    developmentSecrets([], dataDir);
    expect(readdirSync(dataDir)).toEqual(['secrets.json']);
    expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600);
  });
});

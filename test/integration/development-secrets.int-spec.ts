import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { developmentSecrets } from '../../src/platform/config/development-secrets.js';

const BUILT = pathToFileURL(resolve('dist/src/platform/config/development-secrets.js')).href;
/** Says that it is ready, waits for a line, asks for the secrets and prints them. */
const PROGRAM = `
  const { developmentSecrets } = await import(process.argv[1]);
  process.stdout.write('ready\\n');
  process.stdin.once('data', () => {
    process.stdout.write(JSON.stringify(developmentSecrets([], process.argv[2])));
    process.exit(0);
  });`;

let folder: string;
let dataDir: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'));
  dataDir = join(folder, 'not', 'there', 'yet');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('developmentSecrets', () => {
  it('gives one set to processes that ask at the same moment', async () => {
    const processes = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, BUILT, dataDir], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: {},
      }),
    );
    await Promise.all(processes.map((one) => once(one.stdout, 'data')));
    const answers = processes.map((one) => once(one.stdout, 'data'));
    for (const one of processes) one.stdin.write('go\n');
    const secrets = (await Promise.all(answers)).map(([chunk]) => String(chunk));
    expect(new Set(secrets).size).toBe(1);
    expect(JSON.parse(secrets[0] ?? '')).toEqual(developmentSecrets([], dataDir));
    expect(readdirSync(dataDir)).toEqual(['secrets.json']);
  });
});

// Builds when the sources are newer than the build, without the type check: that is for `npm run build`, the editor and CI.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAMP = 'dist/.built';
const SOURCES = [
  'src',
  'migrations',
  'seeds',
  'ormconfig.ts',
  'scripts/build.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
  '.swcrc',
  'package-lock.json',
];

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Exits with 1 when the build fails. Expects the project's folder as the current one. */
export function ensureBuilt() {
  if (existsSync(STAMP) && SOURCES.every((path) => newest(path) <= statSync(STAMP).mtimeMs)) return;
  // Standard output is for what the build is run for.
  process.stderr.write('Building …\n');
  const startedAt = new Date();
  const build = spawnSync(process.execPath, ['scripts/build.mjs', '--no-type-check'], { encoding: 'utf8' });
  if (build.status !== 0) {
    process.stderr.write(`${build.stdout}${build.stderr}\nThe build failed.\n`);
    process.exit(1);
  }
  writeFileSync(STAMP, '');
  utimesSync(STAMP, startedAt, startedAt);
}

/** The service needs Node 24, which `npm ci` brings as a package and npm scripts find first. */
export function requireNode24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return;
  process.stderr.write(
    `This needs Node 24, which \`npm ci\` brings along; this is ${process.version}.\n` +
      'Run it through npm after `npm ci` (without --ignore-scripts).\n',
  );
  process.exit(1);
}

if (import.meta.main) ensureBuilt();

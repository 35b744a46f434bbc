// `npm run build`: compiles anew with SWC after a type check, and copies what the pages need. `--no-type-check` leaves the
// check out.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const nest = spawnSync(
  process.execPath,
  ['node_modules/@nestjs/cli/bin/nest.js', 'build', ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
if (nest.status !== 0) process.exit(nest.status ?? 1);
mkdirSync('dist/assets', { recursive: true });
copyFileSync('node_modules/redoc/bundles/redoc.standalone.js', 'dist/assets/redoc.standalone.js');

// `npm start`: builds when the sources are newer than the build, then runs the service in this process, in development
// unless NODE_ENV says otherwise.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, requireNode24 } from './ensure-built.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
requireNode24();
ensureBuilt();
process.argv.push('--development');
await import('../dist/src/main.js');

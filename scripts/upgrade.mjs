// `npm run upgrade -- --from v1.2.0`: takes a release into a clone (docs/upgrading.md).
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { abort } from './upgrade/abort.mjs';
import { begin, settleMerge } from './upgrade/begin.mjs';
import { assertReady } from './upgrade/checks.mjs';
import { finish } from './upgrade/finish.mjs';
import { isMerging } from './upgrade/git.mjs';
import { readOptions, USAGE } from './upgrade/options.mjs';
import { Problem } from './upgrade/problem.mjs';
import { readState } from './upgrade/state.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
// Whatever is open is closed on exit.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])
  process.once(signal, () => process.exit(code));

function stateOfOpenUpgrade() {
  const state = readState();
  if (!state) throw new Problem('No upgrade is under way. `npm run upgrade -- --from TAG` begins one.');
  return state;
}

async function upgrade(args) {
  const options = readOptions(args);
  switch (options.mode) {
    case 'help':
      return process.stdout.write(USAGE);
    case 'continue': {
      const state = { ...stateOfOpenUpgrade(), ...(options.check && { check: options.check }) };
      return finish(state.phase === 'merging' && isMerging() ? settleMerge(state) : state);
    }
    case 'abort':
      return abort(stateOfOpenUpgrade());
    default: {
      const release = assertReady(options);
      if (release === null)
        return process.stdout.write(`${options.from} is contained already: nothing to do.\n`);
      return finish(await begin(options, release));
    }
  }
}

try {
  await upgrade(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`${error.message.trimEnd()}\n`);
  process.exitCode = 1;
}

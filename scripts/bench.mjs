// `npm run bench`: measures what the service must reach against a floor program of our own for each case (bench/floor), the
// two in turn, and writes bench/results. docs/performance.md says what the cases are and how to read the figures.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOptions, USAGE, UsageError } from '../bench/options.mjs';
import { ensureBuilt, requireNode24 } from './ensure-built.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
requireNode24();

function optionsOrExit() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(error.message);
    return process.exit(2);
  }
}

const { isHelp, wanted, files, isQuick, isJson, isCheck } = optionsOrExit();
if (isHelp) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const answer = process.stdout.write.bind(process.stdout);
// Whoever reads JSON there reads nothing else there, whoever says something meanwhile.
if (isJson) process.stdout.write = process.stderr.write.bind(process.stderr);
const say = (line) => process.stdout.write(`${line}\n`);
ensureBuilt();

const { openBed } = await import('../bench/bed.mjs');
const { keep } = await import('../bench/results.mjs');
const { report } = await import('../bench/report.mjs');
const { paceOf } = await import('../bench/rounds.mjs');
const opening = openBed(say);

let isInterrupted = false;
async function interrupt() {
  if (isInterrupted) process.exit(130);
  isInterrupted = true;
  say('Stopping. Interrupt again to leave at once.');
  await (await opening).close();
  process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void interrupt());
const bed = await opening;

/** What a file measures, or why it could not. */
async function measure(file) {
  const { run } = await import(`../bench/${file}.mjs`);
  try {
    const results = await run({ ...bed, say, isQuick, pace: paceOf(isQuick) });
    const at = new Date().toISOString();
    return results.filter(({ id }) => wanted.includes(id)).map((result) => ({ ...result, at }));
  } catch (error) {
    // What failed because it was taken away says nothing.
    if (isInterrupted) await new Promise(() => {});
    say(`FAILED: ${file}: ${error.stack}`);
    return [{ id: file, failure: error.message }];
  }
}

const results = [];
for (const file of files) results.push(...(await measure(file)));
const run = { isQuick, machine: bed.machine, results };
answer(isJson ? `${JSON.stringify(run)}\n` : `\n${report(run)}`);
const hasFailed = results.some(({ failure }) => failure !== undefined);
// A first look does not replace what was measured at length, nor does a failure.
if (!isQuick && !hasFailed) keep(run);
await bed.close();
const hasMissed = results.some(({ rows = [] }) => rows.some(({ isMet }) => isMet === false));
process.exit(hasFailed || (isCheck && hasMissed) ? 1 : 0);

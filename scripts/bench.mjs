// `npm run bench`: measures what the service must reach (docs/reliability.md has the targets), against a floor program of
// our own for each case. Alternates the two, takes the median of five rounds, and writes bench/results. `--only P11` runs
// one case, `--quick` three shorter rounds. With DATABASE_URL that server is used, else the embedded one.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, requireNode24 } from './ensure-built.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
requireNode24();
const CASES = { P11: '../bench/outbox.mjs' };
const { values } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
const wanted = values.only?.split(',') ?? Object.keys(CASES);
const unknown = wanted.filter((id) => !(id in CASES));
if (unknown.length > 0) {
  process.stderr.write(`${unknown.join(', ')}: not there yet. There is ${Object.keys(CASES).join(', ')}.\n`);
  process.exit(2);
}
ensureBuilt();

const { openTestServer } = await import('../test/support/server.mjs');
const { Rig, stores } = await import('../test/support/rig.mjs');
const { report } = await import('../bench/report.mjs');
const server = await openTestServer();
process.once('exit', () => server.closeSync());
const open = new Set();
let isInterrupted = false;

/** Runs `work` with what it needs, and takes that away again. */
async function withRig(store, work) {
  const rig = new Rig(server, store);
  open.add(rig);
  try {
    return await work(rig);
  } finally {
    if (open.delete(rig)) await rig.close();
    if (isInterrupted) await new Promise(() => {});
  }
}

async function interrupt() {
  if (isInterrupted) process.exit(130);
  isInterrupted = true;
  await Promise.all([...open].map((rig) => open.delete(rig) && rig.close()));
  await server.close();
  process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void interrupt());

const loadBefore = loadavg()[0];
const results = [];
for (const id of wanted) {
  const { run } = await import(CASES[id]);
  results.push(await run({ withRig, stores: stores(), isQuick: values.quick }));
}
const machine = {
  cores: cpus().length,
  memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
  node: process.version,
  loadBefore: Number(loadBefore.toFixed(1)),
  loadAfter: Number(loadavg()[0].toFixed(1)),
};
const text = report(results, machine, values.quick);
process.stdout.write(`\n${text}`);
writeFileSync('bench/results/README.md', text);
writeFileSync(
  'bench/results/latest.json',
  `${JSON.stringify({ at: new Date().toISOString(), isQuick: values.quick, machine, results }, null, 2)}\n`,
);
await server.close();
process.exit(results.every(({ rows }) => rows.every(({ isMet }) => isMet !== false)) ? 0 : 1);

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chart } from './chart.mjs';
import { report } from './report.mjs';

const FOLDER = 'bench/results';
const PROGRAMS = ['cpu', 'cores', 'node', 'postgres', 'redis', 'fastify'];
/** What has no number comes last. */
const numberOf = ({ id }) => Number(id.replace(/\D/g, '')) || Infinity;

/** A run, with what an earlier one has of other cases, unless it was of another machine or other versions. */
export function merge(earlier, run) {
  const isComparable = PROGRAMS.every((name) => earlier.machine[name] === run.machine[name]);
  const ours = new Set(run.results.map(({ id }) => id));
  const kept = isComparable ? earlier.results.filter(({ id }) => !ours.has(id)) : [];
  return { ...run, results: [...kept, ...run.results].toSorted((a, b) => numberOf(a) - numberOf(b)) };
}

/** Writes the results where they are looked up, beside those of cases that were not run this time. */
export function keep(run) {
  const path = `${FOLDER}/latest.json`;
  const all = existsSync(path) ? merge(JSON.parse(readFileSync(path, 'utf8')), run) : run;
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(`${FOLDER}/README.md`, report(all));
  for (const { chart: drawing } of run.results) {
    if (drawing) writeFileSync(`${FOLDER}/${drawing.file}`, chart(drawing));
  }
}

import { existsSync, readFileSync } from 'node:fs';

interface Row {
  readonly id: string;
  readonly isStarred: boolean;
  readonly group: string;
  readonly proof: string;
}

/** Groups whose starred rules must have a test. */
const HELD_NOW = /^[A-HJLMN]\. /;

const rows: Row[] = [];
let group = '';
for (const line of readFileSync('docs/security.md', 'utf8').split('\n')) {
  group = /^## (.+)$/.exec(line)?.[1] ?? group;
  const [, id, star, proof] = /^\| ([SG]\d+)(★?) +\| .+ \| (.+?) +\|$/.exec(line) ?? [];
  if (id !== undefined && proof !== undefined) rows.push({ id, isStarred: star === '★', group, proof });
}

const filesOf = ({ proof }: Row): string[] =>
  Array.from(proof.matchAll(/`([^`]+\.ts)`/g), ([, file]) => file ?? '');

describe('docs/security.md', () => {
  it('names every rule once, in order', () => {
    const ids = (letter: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
    expect(rows.map(({ id }) => id)).toEqual([...ids('S', 109), ...ids('G', 21)]);
  });

  it('names for every rule a test that bears its id, or when it comes, or why not', () => {
    const unproved = rows.flatMap((row) => {
      const files = filesOf(row);
      if (files.length === 0) return /^(?:later|left out): /.test(row.proof) ? [] : [row.id];
      const bearsId = (file: string) =>
        existsSync(file) &&
        new RegExp(`['"\`](?:[A-Z]\\d+, )*${row.id}(?:[:,]|')`).test(readFileSync(file, 'utf8'));
      return files.filter((file) => !bearsId(file)).map((file) => `${row.id}: ${file}`);
    });
    expect(unproved).toEqual([]);
  });

  it('has a test for every starred rule of what is built', () => {
    const starred = rows.filter((row) => row.isStarred && HELD_NOW.test(row.group));
    expect(starred.length).toBeGreaterThan(20);
    expect(starred.filter((row) => filesOf(row).length === 0).map(({ id }) => id)).toEqual([]);
  });
});

/** What a CHANGELOG in the form of Keep a Changelog says of a version, without its heading; '' where it says nothing. */
export function notesOf(changelog, version) {
  const lines = changelog.split(/\r?\n/);
  const begin = lines.findIndex((line) => line.startsWith(`## ${version} `) || line === `## ${version}`);
  if (begin < 0) return '';
  const length = lines.slice(begin + 1).findIndex((line) => line.startsWith('## '));
  return lines
    .slice(begin + 1, length < 0 ? undefined : begin + 1 + length)
    .join('\n')
    .trim();
}

/** Why `tag` is not the release that the files tell of, with what to do; none when they agree. */
export function disagreements(tag, { version, changelog, contracts }) {
  const problems = [];
  if (!/^v\d+\.\d+\.\d+$/.test(tag)) return [`Name the tag, as v1.2.0: "${tag}" is none.`];
  if (tag !== `v${version}`)
    problems.push(`package.json says ${version}: run "npm version ${tag.slice(1)}".`);
  if (notesOf(changelog, tag.slice(1)) === '')
    problems.push(`CHANGELOG.md has nothing under "## ${tag.slice(1)}": rename "## Unreleased".`);
  for (const { path, isReleased } of contracts)
    if (!isReleased)
      problems.push(`contract/released/${path} is another one: run "npm run contract:release".`);
  return problems;
}

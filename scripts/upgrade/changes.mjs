/** Entries of a CHANGELOG in the form of Keep a Changelog: `{ kind, text }`, each text on one line. */
function entriesOf(changelog) {
  const entries = [];
  let kind = '';
  let open = null;
  for (const line of changelog.split(/\r?\n/)) {
    if (line.startsWith('#')) {
      open = null;
      kind = line.startsWith('### ') ? line.slice(4).trim() : '';
    } else if (line.startsWith('- ')) {
      open = { kind, text: line.slice(2).trim() };
      entries.push(open);
    } else if (open && /^\s+\S/.test(line)) {
      open.text += ` ${line.trim()}`;
    } else {
      open = null;
    }
  }
  return entries;
}

const isBreaking = ({ kind, text }) => /^(?:breaking|removed)/i.test(kind) || /\bbreaking\b/i.test(text);

/** What the later CHANGELOG says that the earlier one did not: what breaks first. Lines, none when nothing is new. */
export function changesBetween(before, after) {
  const known = new Set(entriesOf(before).map(({ text }) => text));
  const added = entriesOf(after).filter(({ text }) => !known.has(text));
  const groups = new Map();
  for (const entry of added.toSorted((a, b) => Number(isBreaking(b)) - Number(isBreaking(a)))) {
    const heading = isBreaking(entry) ? 'Breaking' : entry.kind || 'Changed';
    groups.set(heading, [...(groups.get(heading) ?? []), entry.text]);
  }
  return [...groups].flatMap(([heading, texts]) => [`${heading}:`, ...texts.map((text) => `  - ${text}`)]);
}

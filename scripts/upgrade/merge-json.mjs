import { isDeepStrictEqual as equal } from 'node:util';

/**
 * Merges what two sides made of `base` by keys, where Git goes by lines and stumbles over neighbours: a package that was
 * renamed and a new version. `conflicts` names the keys that both changed differently; there `merged` has what is here.
 */
export function mergeJson(base, ours, theirs) {
  const conflicts = [];
  const merged = merge(base, ours, theirs, '', conflicts);
  return { merged, conflicts };
}

function merge(base, ours, theirs, name, conflicts) {
  if (equal(ours, theirs) || equal(base, theirs)) return ours;
  if (equal(base, ours)) return theirs;
  if (!isObject(ours) || !isObject(theirs)) {
    conflicts.push(name);
    return ours;
  }
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  if (isSorted(Object.keys(ours)) && isSorted(Object.keys(theirs))) keys.sort(compare);
  const inside = (key) => (name === '' ? key : `${name}.${key}`);
  return Object.fromEntries(
    keys
      .map((key) => [key, merge(base?.[key], ours[key], theirs[key], inside(key), conflicts)])
      .filter(([, value]) => value !== undefined),
  );
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** As npm sorts packages. */
const compare = (a, b) => a.localeCompare(b, 'en');
const isSorted = (keys) => equal(keys, keys.toSorted(compare));

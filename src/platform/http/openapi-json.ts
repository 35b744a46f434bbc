/** A document, or a part of one, that is read and completed without knowing its types. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json | undefined;
}

/** A member that is an object; made where there is none. */
export function within(parent: JsonObject, key: string): JsonObject {
  return (parent[key] ??= {}) as JsonObject;
}

export const refTo = (kind: string, name: string): JsonObject => ({ $ref: `#/components/${kind}/${name}` });

/** What a `$ref` of the document refers to; anything else is itself. */
export function resolve(node: JsonObject, document: JsonObject): JsonObject {
  if (typeof node.$ref !== 'string') return node;
  const parts = node.$ref.slice('#/'.length).split('/');
  const found = parts.reduce<JsonObject>((at, part) => at[part] as JsonObject, document);
  return resolve(found, document);
}

/** Every object of `node`, the outermost first; examples are data and no part of the description. */
export function* objectsIn(node: Json | undefined): Iterable<JsonObject> {
  if (Array.isArray(node)) for (const item of node) yield* objectsIn(item);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  yield node;
  for (const [key, child] of Object.entries(node)) {
    if (key !== 'example' && key !== 'examples') yield* objectsIn(child);
  }
}

/**
 * Writes equal things that stand in several places once, in `components`, and refers to them there. Of two that differ
 * and have one name the first is written there.
 */
export function share(
  document: JsonObject,
  kind: string,
  places: readonly (readonly [parent: JsonObject | Json[], key: string | number])[],
  nameOf: (value: JsonObject) => string,
): void {
  const shared = within(within(document, 'components'), kind);
  const valueAt = ([parent, key]: (typeof places)[number]) => (parent as JsonObject)[key] as JsonObject;
  const groups = Map.groupBy(places, (place) => JSON.stringify(valueAt(place)));
  for (const [first, ...others] of groups.values()) {
    if (!first || others.length === 0) continue;
    const name = nameOf(valueAt(first));
    if (name in shared) continue;
    shared[name] = valueAt(first);
    for (const [parent, key] of [first, ...others]) (parent as JsonObject)[key] = refTo(kind, name);
  }
}

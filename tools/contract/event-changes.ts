import { type Schema, schemaChanges } from './schema-changes.ts';

/** An AsyncAPI document, as far as it is compared: schemas of data by `<type>.v<version>`. */
export interface EventDocument {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/**
 * What consumers of events of the former document rely on and is no longer so. Within a version fields may be added and
 * nothing else; a version may end when the next was there in the former document already.
 */
export function eventChanges(before: EventDocument, after: EventDocument): string[] {
  const [was, is] = [before.components.schemas, after.components.schemas];
  return Object.entries(was).flatMap(([name, schema]) => {
    const now = is[name];
    if (now) {
      return schemaChanges({ schema, document: before }, { schema: now, document: after }, 'given').map(
        (change) => `${name}: ${change}`,
      );
    }
    const [, type = '', version = ''] = /^(.+)\.v(\d+)$/.exec(name) ?? [];
    const next = `${type}.v${Number(version) + 1}`;
    return next in was ? [] : [`${name} is gone: publish ${next} beside it for a release first`];
  });
}

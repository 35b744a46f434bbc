/** A privilege the code checks: declared once, by the module that checks it, in `<noun>.privileges.ts`. */
export interface PrivilegeDefinition {
  /** Stable key: `users.read`. */
  readonly name: string;
  readonly description: string;
}

/** Declares the privileges of a module: `{ read: 'See users' }` with prefix `users` gives `users.read`. */
export function declarePrivileges<Key extends string>(
  prefix: string,
  descriptions: Readonly<Record<Key, string>>,
): Readonly<Record<Key, PrivilegeDefinition>> {
  const entries = Object.entries<string>(descriptions).map(([key, description]) => [
    key,
    { name: `${prefix}.${key}`, description },
  ]);
  return Object.fromEntries(entries) as Record<Key, PrivilegeDefinition>;
}

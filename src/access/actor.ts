import type { PrivilegeDefinition } from './privilege.js';

/** The signed-in caller of this request, with the privileges held at this moment. */
export class Actor {
  constructor(
    readonly userId: number,
    readonly roleId: number,
    /** The sign-in the access token belongs to (`sid`). */
    readonly sessionId: string,
    readonly privileges: ReadonlySet<string>,
  ) {}

  holds(privilege: PrivilegeDefinition): boolean {
    return this.privileges.has(privilege.name);
  }

  /** The first of `names` the actor lacks, or undefined when all are held. */
  firstLacking(names: Iterable<string>): string | undefined {
    for (const name of names) if (!this.privileges.has(name)) return name;
    return undefined;
  }
}

import type { PrivilegeDefinition } from './privilege.js';

/** The signed-in caller of this request, with the privileges held at this moment. */
export class Actor {
  constructor(
    readonly userId: number,
    readonly roleId: number,
    /** The sign-in the access token belongs to (`sid`). */
    readonly sessionId: string,
    readonly privileges: ReadonlySet<string>,
    /** When the session was opened, on the clock of `performance.now()`; long ago where nobody knows. */
    private readonly signedInAt = Number.NEGATIVE_INFINITY,
  ) {}

  /** Refreshing the tokens of a session does not make its sign-in any younger. */
  hasSignedInWithin(seconds: number): boolean {
    return performance.now() - this.signedInAt <= seconds * 1000;
  }

  holds(privilege: PrivilegeDefinition): boolean {
    return this.privileges.has(privilege.name);
  }

  /** The first of `names` the actor lacks, or undefined when all are held. */
  firstLacking(names: Iterable<string>): string | undefined {
    for (const name of names) if (!this.privileges.has(name)) return name;
    return undefined;
  }
}

/** Whoever manages others: nobody acts on a role, or on somebody whose role holds a privilege, that they lack. */
export interface Manager {
  /** Null for the system. */
  readonly userId: number | null;
  /** Null for the system, which has none. */
  readonly roleId: number | null;
  /** What the machine calls whoever runs a command beside the service. */
  readonly operator?: string;
  firstLacking(names: Iterable<string>): string | undefined;
}

/**
 * Whoever runs commands beside the service: they hold the database and its secrets, and with them every privilege. `name` is
 * for the audit log.
 */
export function operatorCalled(name: string): Manager {
  return { userId: null, roleId: null, operator: name, firstLacking: () => undefined };
}

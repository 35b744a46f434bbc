import type { PrivilegeDefinition } from '../access/privilege.js';

/** The privileges the code checks, gathered by the composition root from every module. */
export class PrivilegeCatalogue {
  private readonly names: ReadonlySet<string>;

  constructor(readonly definitions: readonly PrivilegeDefinition[]) {
    this.names = new Set(definitions.map((definition) => definition.name));
  }

  isDeclared(name: string): boolean {
    return this.names.has(name);
  }
}

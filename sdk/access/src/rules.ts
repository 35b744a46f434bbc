/** What a route needs: nothing, somebody signed in, or somebody who holds each of the privileges. */
export type AccessRule = 'public' | 'authenticated' | readonly [string, ...string[]];

/** @throws TypeError for a rule that would let in more than was meant */
export function assertRule(rule: unknown, where: string): asserts rule is AccessRule {
  if (rule === 'public' || rule === 'authenticated') return;
  if (Array.isArray(rule) && rule.length > 0 && rule.every(isPrivilege)) return;
  throw new TypeError(
    `${where} needs the access 'public', 'authenticated' or a list of privileges like ['invoices.read']; this is ${JSON.stringify(rule)}`,
  );
}

/** As Gatehouse takes them. */
export function isPrivilege(name: unknown): boolean {
  return typeof name === 'string' && name.length <= 64 && /^[a-z0-9]+(?:[._:-][a-z0-9]+)*$/.test(name);
}

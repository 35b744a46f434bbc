import { z } from 'zod';
import type { Fault, ProvideSecrets, Section, SectionContext, Token, Unread } from './section.js';

/** The configuration of a process, read once at its start: one value for each section. Durations are in seconds. */
export class Config {
  constructor(private readonly values: ReadonlyMap<Token<unknown>, unknown>) {}

  /** Every section by its token. */
  sections(): [token: Token<unknown>, value: unknown][] {
    return [...this.values];
  }

  /** @throws Error when the process has no such section */
  get<Value>(token: Token<Value>): Value {
    if (!this.values.has(token)) throw new Error(`The process has no section ${token.name}`);
    return this.values.get(token) as Value;
  }
}

/** The configuration is unusable. Lists every faulty variable with the reason, never a value. */
export class ConfigurationError extends Error {
  constructor(readonly faults: ReadonlyMap<string, string>) {
    super(
      [
        'The configuration is not usable:',
        ...[...faults].map(([name, reason]) => `  ${name} ${reason}`),
      ].join('\n'),
    );
    this.name = 'ConfigurationError';
  }
}

/** Names of the variables that the sections read. */
export function variablesOf(sections: readonly Section[]): string[] {
  return sections.flatMap(({ variables }) => Object.keys(variables));
}

/**
 * Reads the sections, in their order, from environment variables; an empty variable counts as unset.
 * `provideSecrets` supplies the secrets that are missing outside production.
 *
 * @throws ConfigurationError naming every faulty variable at once.
 */
export function loadConfig(
  env: NodeJS.ProcessEnv,
  sections: readonly Section[],
  provideSecrets: ProvideSecrets,
): Config {
  const set: Unread = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const isProduction = set.NODE_ENV === 'production';
  const schema = z.object(Object.assign({}, ...sections.map(({ variables }) => variables)) as z.ZodRawShape);
  const parsed = schema.safeParse(set);
  const faults = new Map<string, string>();
  const note = ([name, reason]: Fault) => {
    if (!faults.has(name)) faults.set(name, reason);
  };
  for (const { path, message } of parsed.error?.issues ?? []) note([String(path[0]), message]);
  for (const section of sections) {
    for (const fault of section.faults?.(set, isProduction, parsed.data) ?? []) note(fault);
  }
  for (const fault of edgeFaults(set, variablesOf(sections))) note(fault);
  if (!parsed.success || faults.size > 0) throw new ConfigurationError(faults);

  const values = new Map<Token<unknown>, unknown>();
  const config = new Config(values);
  const context: SectionContext = { isProduction, set, get: (token) => config.get(token), provideSecrets };
  for (const section of sections) values.set(section.token, section.read(parsed.data, context));
  return config;
}

/** Left over from copying, or from a file with other line ends. A password may have them; elsewhere they are never meant. */
function* edgeFaults(set: Unread, names: readonly string[]): Iterable<Fault> {
  for (const name of names) {
    if (name !== 'ADMIN_PASSWORD' && set[name] !== set[name]?.trim())
      yield [name, 'must not begin or end with a blank or a line end'];
  }
}

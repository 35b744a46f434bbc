/**
 * Settings of Postgres that we set on every connection (see `SESSIONS` in `database/`): nobody else's say. The name of a
 * connection does no harm.
 */
export type OwnSetting = (typeof OWN_SETTINGS)[number];
const OWN_SETTINGS = [
  'DateStyle',
  'IntervalStyle',
  'bytea_output',
  'extra_float_digits',
  'TimeZone',
  'standard_conforming_strings',
  'array_nulls',
  'transform_null_equals',
  'search_path',
  'default_transaction_isolation',
  'synchronous_commit',
  'idle_session_timeout',
  'transaction_timeout',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
] as const;
/** As the server compares names. */
const OWN_NAMES: ReadonlySet<string> = new Set(OWN_SETTINGS.map((name) => name.toLowerCase()));

/** The name of what a URL of Postgres sets although it is ours to set, if any: in `options` or by itself. */
export function ownSettingIn(url: string): string | undefined {
  const { searchParams } = new URL(url);
  const options = searchParams.getAll('options').join(' ');
  const named = [...options.matchAll(/(?:-c\s*|--)([\w.-]+)\s*=/g)].map(([, name]) => name ?? '');
  return [...searchParams.keys(), ...named].find((name) => {
    const canonical = name.toLowerCase().replaceAll('-', '_');
    return canonical === 'query_timeout' || OWN_NAMES.has(canonical);
  });
}

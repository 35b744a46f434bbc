import { Client } from 'pg';

/** What a database may say of settings that statements depend on: none of it as they need it. */
export const HOSTILE_SETTINGS: Readonly<Record<string, string>> = {
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  TimeZone: 'Pacific/Apia',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  search_path: 'nowhere',
  default_transaction_isolation: 'serializable',
  synchronous_commit: 'local',
  statement_timeout: '20ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '1ms',
  idle_session_timeout: '3s',
};

/** Has every session of a database begin with {@link HOSTILE_SETTINGS}, half of them by its role. */
export async function makeHostile(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const database = `"${new URL(url).pathname.slice(1)}"`;
  for (const [index, [name, value]] of Object.entries(HOSTILE_SETTINGS).entries()) {
    const whose = index % 2 ? `DATABASE ${database}` : `ROLE CURRENT_USER IN DATABASE ${database}`;
    // A list of names, not a name with commas in it.
    await client.query(`ALTER ${whose} SET ${name} TO ${name === 'DateStyle' ? value : `'${value}'`}`);
  }
  await client.end();
}

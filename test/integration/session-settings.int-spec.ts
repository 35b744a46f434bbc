import { Pool } from 'pg';
import { openConnection, poolOptions } from '../../src/platform/database/connections.js';
import { isShared } from '../../src/platform/database/session.js';
import { type SessionKind, SESSIONS } from '../../src/platform/database/session-settings.js';
import { HOSTILE_SETTINGS, makeHostile } from '../support/hostile-settings.js';
import { emptyDatabase } from '../support/database.js';

const KINDS = Object.keys(SESSIONS) as SessionKind[];
let url: string;

beforeAll(async () => {
  url = await emptyDatabase('settings');
  await makeHostile(url);
  process.env.PGOPTIONS = '-c DateStyle=SQL -c search_path=elsewhere';
});
afterAll(() => delete process.env.PGOPTIONS);

const SHOW = `SELECT name, pg_catalog.current_setting(name) AS value FROM unnest($1::text[]) AS name
  WHERE pg_catalog.current_setting(name, true) IS NOT NULL`;

/** What a connection works with, of the settings we have an opinion on. */
async function shown(query: Pool['query'], kind: SessionKind): Promise<Record<string, string>> {
  const { rows } = await query<{ name: string; value: string }>(SHOW, [Object.keys(SESSIONS[kind])]);
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

const ofKind = (kind: SessionKind) => {
  // This server may be older than the setting.
  const { transaction_timeout: _, ...settings } = SESSIONS[kind];
  return expect.objectContaining(settings) as object;
};

describe.each(KINDS)('R6, R36: a connection of the kind "%s"', (kind) => {
  it('F1: has our settings, whatever database, role and environment say', async () => {
    const pool = new Pool({ connectionString: url, ...poolOptions(kind, 1) });
    expect(await shown(pool.query.bind(pool), kind)).toEqual(ofKind(kind));
    await pool.end();
    const client = await openConnection(url, kind);
    expect(await shown(client.query.bind(client), kind)).toEqual(ofKind(kind));
    expect(isShared(client)).toBe(false);
    await client.end();
  });

  it('F1: keeps what the options of its URL say of the rest', async () => {
    const client = await openConnection(`${url}?options=-c%20work_mem%3D12345kB`, kind);
    const { rows } = await client.query<{ value: string }>(`SELECT current_setting('work_mem') AS value`);
    expect(rows).toEqual([{ value: '12345kB' }]);
    expect(await shown(client.query.bind(client), kind)).toEqual(ofKind(kind));
    await client.end();
  });
});

it('F1: the settings of the test are not ours', () => {
  for (const [name, value] of Object.entries(HOSTILE_SETTINGS)) {
    for (const kind of KINDS) expect(SESSIONS[kind]).not.toMatchObject({ [name]: value });
  }
});

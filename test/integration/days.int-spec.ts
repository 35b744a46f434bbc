import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { cloneDatabase } from '../support/database.js';

const run = promisify(execFile);

/** Days whose midnight, or all of which, some zone has skipped; and the edges of a year. */
const DAYS = [
  '2011-12-30',
  '1994-12-31',
  '2018-11-04',
  '2000-02-29',
  '1999-12-31',
  '2000-01-01',
  '1815-12-10',
];

it.each(['Pacific/Apia', 'America/Sao_Paulo', 'Pacific/Kiritimati'])(
  'F8: keeps a date of birth whatever the time zone of the process: %s',
  async (zone) => {
    const url = await cloneDatabase('days');
    const { stdout } = await run(process.execPath, [resolve('test/support/keep-days.mjs'), url, ...DAYS], {
      env: { ...process.env, TZ: zone, NODE_OPTIONS: '' },
    });
    const kept = JSON.parse(stdout) as Record<string, readonly unknown[]>;
    expect(kept).toEqual({ zone, inserted: DAYS, read: DAYS, updated: DAYS, stored: DAYS });
  },
  60_000,
);

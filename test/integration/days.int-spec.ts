import { Api } from '../support/api.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';
import { Factory } from '../support/factory.js';
import { ServiceProcess } from '../support/service-process.js';
import { openSql } from './fixture.js';

/** Days whose midnight, or all of which, some zone has skipped; and the edges of a year. */
const DAYS = [
  '2011-12-30',
  '1994-12-31',
  '2018-11-04',
  '1978-06-01',
  '2000-02-29',
  '1999-12-31',
  '2000-01-01',
];

describe.each(['Pacific/Apia', 'America/Sao_Paulo', 'Pacific/Kiritimati', 'Asia/Amman'])(
  'a process in the zone %s',
  (zone) => {
    it('F8: keeps a date of birth whatever the time zone of the process', async () => {
      const url = await cloneDatabase('days');
      const { process: service, api } = await ServiceProcess.start({ DATABASE_URL: url, TZ: zone });
      const { sql, end } = await openSql(url);
      try {
        const admin = await new Factory(api, sql, testConfig()).superAdmin();
        await expectKept(api, admin.token, admin.roleId);
        expect(await sql('SELECT dob::text FROM "user" WHERE dob IS NOT NULL ORDER BY id')).toEqual(
          DAYS.map((dob) => ({ dob })),
        );
      } finally {
        await end();
        await service.kill();
      }
    });
  },
);

/** Created, changed, read and listed: each time it is the day that was sent. */
async function expectKept(api: Api, token: string, roleId: number): Promise<void> {
  interface Person {
    readonly id: number;
    readonly dob: string | null;
  }
  for (const [index, dob] of DAYS.entries()) {
    const body = { firstName: 'Ada', roleId, email: `day${index}@example.com`, dob };
    const { body: made } = await api.post<Person>('/users', { token, body });
    expect(made.dob).toBe(dob);
    expect((await api.get<Person>(`/users/${made.id}`, { token })).body.dob).toBe(dob);
    expect(
      (await api.patch<Person>(`/users/${made.id}`, { token, body: { dob: null } })).body.dob,
    ).toBeNull();
    expect((await api.patch<Person>(`/users/${made.id}`, { token, body: { dob } })).body.dob).toBe(dob);
  }
  const { body: list } = await api.get<{ items: Person[] }>('/users?limit=100', { token });
  expect(list.items.flatMap((person) => person.dob ?? [])).toEqual(DAYS);
}

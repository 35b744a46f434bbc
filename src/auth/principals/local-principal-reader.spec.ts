import type { DataSource } from 'typeorm';
import type { EffectivePrivilegesService } from '../../roles/effective-privileges.service.js';
import { LocalPrincipalReader } from './local-principal-reader.js';

const ROW = { userVersion: 1, roleVersion: 1, age: 60, endsIn: 600 };
const [KNOWN, CHANGED] = [1, 2];

/** Of the questions the first is of a user whose role has just changed, the last is of nobody. */
const query = jest.fn(() =>
  Promise.resolve({
    rows: [
      { ...ROW, question: 2, roleId: KNOWN },
      { ...ROW, question: 1, roleId: CHANGED },
    ],
  }),
);
const dataSource = { driver: { master: { query } } } as unknown as DataSource;
const { promise: changed, resolve: answer } = Promise.withResolvers<ReadonlySet<string>>();
const privileges = {
  of: (roleId: number) => (roleId === CHANGED ? changed : Promise.resolve(new Set(['users.read']))),
} as unknown as EffectivePrivilegesService;

it('P2: requests of one turn share a statement, and none waits for the role of another', async () => {
  const reader = new LocalPrincipalReader(dataSource, privileges);
  const [slow, quick, nobody] = [reader.read(11, 1), reader.read(12, 2), reader.read(13, 3)];
  expect(await quick).toMatchObject({ userId: 12, roleId: KNOWN, privileges: new Set(['users.read']) });
  expect(await nobody).toBeNull();
  answer(new Set());
  expect(await slow).toMatchObject({ userId: 11, roleId: CHANGED });
  expect(query).toHaveBeenCalledTimes(1);
});

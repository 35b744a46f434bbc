import { canonicalEmail } from '../../src/common/canonical-contact.js';
import { canonicalName } from '../../src/common/canonical-name.js';
import { IdentitiesRepository } from '../../src/users/identities/identities.repository.js';
import { IdentityTaken } from '../../src/users/identities/identity.errors.js';
import type { Jobs } from '../../src/platform/jobs/jobs.js';
import { UsersConfig } from '../../src/users/users.config.js';
import { SYSTEM } from '../../src/platform/database/transactions.js';
import { type Fixture, insertUser, only, openFixture, refusalOf, untilSomebodyWaits } from './fixture.js';

let db: Fixture;
let identities: IdentitiesRepository;

beforeAll(async () => {
  db = await openFixture('constraints');
  identities = new IdentitiesRepository(db.dataSource, {} as Jobs, db.config.get(UsersConfig));
});
afterAll(() => db.close());

let count = 0;
const unique = () => `v${(count += 1)}`;

/** Adds an identity by hand; gives what refused it, or null. */
async function add(identity: Record<string, unknown>, user?: number): Promise<string | null> {
  const row: Record<string, unknown> = {
    user_id: user ?? (await insertUser(db.sql)),
    value: unique(),
    ...identity,
  };
  const names = Object.keys(row);
  return refusalOf(
    db.sql(
      `INSERT INTO user_identity (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
      Object.values(row),
    ),
  );
}

const oauth = (provider: string | null, value = unique()) => ({
  type: 'oauth',
  value,
  oauth_provider: provider,
  is_verified: null,
  is_primary: null,
});

describe('an identity', () => {
  it('is the one primary of its user and type', async () => {
    const user = await insertUser(db.sql);
    expect(await add({ type: 'email', is_primary: true }, user)).toBeNull();
    expect(await add({ type: 'email', is_primary: true }, user)).toBe('ux_user_identity_primary');
    expect(await add({ type: 'email', is_primary: false }, user)).toBeNull();
    expect(await add({ type: 'email', is_primary: null }, user)).toBeNull();
    expect(await add({ type: 'mobile', is_primary: true }, user)).toBeNull();
    expect(await add({ type: 'email', is_primary: true })).toBeNull();
  });

  it('becomes the primary once the one before is deleted or steps back', async () => {
    const user = await insertUser(db.sql);
    const [first, second] = [unique(), unique()];
    await add({ type: 'email', value: first, is_primary: true }, user);
    await add({ type: 'email', value: second, is_primary: false }, user);
    const promote = () =>
      refusalOf(db.sql('UPDATE user_identity SET is_primary = true WHERE value = $1', [second]));
    expect(await promote()).toBe('ux_user_identity_primary');
    await db.sql('UPDATE user_identity SET deleted_at = now() WHERE value = $1', [first]);
    expect(await promote()).toBeNull();
    const restore = db.sql('UPDATE user_identity SET deleted_at = NULL WHERE value = $1', [first]);
    expect(await refusalOf(restore)).toBe('ux_user_identity_primary');
  });

  it('is made the primary once, however many try at the same time', async () => {
    const user = await insertUser(db.sql);
    const attempts = Array.from({ length: 10 }, () =>
      db.transactions.run(SYSTEM, (tx) =>
        tx.query(
          `INSERT INTO user_identity (user_id, type, value, is_primary) VALUES ($1, 'email', $2, true)`,
          [user, unique()],
        ),
      ),
    );
    const refused = await Promise.all(attempts.map(refusalOf));
    expect(refused.filter((constraint) => constraint === null)).toHaveLength(1);
    expect(refused.filter((constraint) => constraint === 'ux_user_identity_primary')).toHaveLength(9);
  });

  it('names a provider exactly when it is an account at one', async () => {
    expect(await add(oauth('github'))).toBeNull();
    expect(await add(oauth(null))).toBe('ck_user_identity_provider');
    expect(await add({ type: 'email', oauth_provider: 'github' })).toBe('ck_user_identity_provider');
    expect(await add({ type: 'mobile', oauth_provider: 'github' })).toBe('ck_user_identity_provider');
  });

  it('is neither primary nor verified as an account at a provider', async () => {
    for (const flag of [
      { is_verified: true },
      { is_verified: false },
      { is_primary: true },
      { is_primary: false },
    ])
      expect(await add({ ...oauth('github'), ...flag })).toBe('ck_user_identity_contact');
  });

  it('S73: belongs to one live user: no provider counts as equal', async () => {
    expect(await add({ type: 'email', value: 'one@example.com' })).toBeNull();
    expect(await add({ type: 'email', value: 'one@example.com' })).toBe('ux_user_identity_value');
    expect(await add({ type: 'mobile', value: 'one@example.com' })).toBeNull();
    expect(await add({ type: 'mobile', value: 'one@example.com' })).toBe('ux_user_identity_value');
  });

  it('S58: of a provider is unique with the provider, not across them', async () => {
    expect(await add(oauth('github', 'subject-1'))).toBeNull();
    expect(await add(oauth('google', 'subject-1'))).toBeNull();
    expect(await add(oauth('github', 'subject-1'))).toBe('ux_user_identity_value');
  });

  it('has a type of its list, a value that fits and a count that is no debt', async () => {
    expect(await add({ type: 'fax' })).toBe('22P02');
    expect(await add({ type: 'email', value: 'x'.repeat(192) })).toBe('22001');
    expect(await add({ type: 'email', wrong_otp_count: -1 })).toBe('ck_user_identity_otp_count');
    expect(await add({ type: 'email' }, 2_000_000_000)).toBe('fk_user_identity_user');
  });
});

describe('S73: an address', () => {
  /** Takes `address` for `user` as the service does. */
  const take = (user: number, address: string) =>
    db.transactions.run(SYSTEM, (tx) =>
      identities.insertContact(tx, {
        userId: user,
        type: 'email',
        value: canonicalEmail(address),
        isVerified: false,
        isPrimary: true,
      }),
    );
  const users = (length: number) => Promise.all(Array.from({ length }, () => insertUser(db.sql)));

  it('goes to one of 40 who take it at the same moment, in any case', async () => {
    const people = await users(40);
    const spellings = ['race@example.com', 'RACE@example.com', 'Race@Example.COM', ' rAcE@eXaMpLe.cOm '];
    const outcomes = await Promise.allSettled(
      people.map((user, index) => take(user, spellings[index % 4] ?? '')),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(39);
    expect(refused.filter(({ reason }) => !(reason instanceof IdentityTaken))).toEqual([]);
    const rows = await db.sql(`SELECT 1 FROM user_identity WHERE lower(value) = 'race@example.com'`);
    expect(rows).toHaveLength(1);
  });

  it('goes to the one who waits when the one before rolls back', async () => {
    const [first = 0, second = 0] = await users(2);
    let later: Promise<unknown> = Promise.resolve();
    const failing = db.transactions.run(SYSTEM, async (tx) => {
      await tx.query(
        `INSERT INTO user_identity (user_id, type, value) VALUES ($1, 'email', 'wait@example.com')`,
        [first],
      );
      later = take(second, 'wait@example.com');
      await untilSomebodyWaits(db.sql);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await later;
    const rows = await db.sql(`SELECT user_id FROM user_identity WHERE value = 'wait@example.com'`);
    expect(rows).toEqual([{ user_id: second }]);
  });

  it('is free again once its user is deleted, and cannot be restored over its new owner', async () => {
    const [first = 0, second = 0] = await users(2);
    await take(first, 'again@example.com');
    await db.transactions.run(SYSTEM, (tx) => identities.softDeleteOf(tx, first));
    const { deleted_at: deletedAt } = only(
      await db.sql<{ deleted_at: Date }>('SELECT deleted_at FROM user_identity WHERE user_id = $1', [first]),
    );
    expect(await identities.findContact({ type: 'email', value: 'again@example.com' })).toBeNull();

    await take(second, 'again@example.com');
    const owner = await identities.findContact({ type: 'email', value: 'again@example.com' });
    expect(owner?.userId).toBe(second);
    const restoring = db.transactions.run(SYSTEM, (tx) => identities.restoreOf(tx, first, deletedAt));
    await expect(restoring).rejects.toThrow(IdentityTaken);

    await db.transactions.run(SYSTEM, (tx) => identities.softDeleteOf(tx, second));
    await db.transactions.run(SYSTEM, (tx) => identities.restoreOf(tx, first, deletedAt));
    expect(await identities.findContact({ type: 'email', value: 'again@example.com' })).toMatchObject({
      userId: first,
    });
  });

  it('of many deleted users may be the same', async () => {
    const people = await users(5);
    for (const user of people) {
      await take(user, 'ghost@example.com');
      await db.transactions.run(SYSTEM, (tx) => identities.softDeleteOf(tx, user));
    }
    const rows = await db.sql(`SELECT 1 FROM user_identity WHERE value = 'ghost@example.com'`);
    expect(rows).toHaveLength(5);
  });
});

describe('a user', () => {
  const setDob = async (dob: string | null) =>
    refusalOf(db.sql('UPDATE "user" SET dob = $2 WHERE id = $1', [await insertUser(db.sql), dob]));

  it('is not born in the future', async () => {
    expect(await setDob('1815-12-10')).toBeNull();
    expect(await setDob(null)).toBeNull();
    const setToday = (hours: number, days: number) =>
      refusalOf(
        db.sql(
          `UPDATE "user" SET dob = (now() AT TIME ZONE 'UTC' + make_interval(hours => $1, days => $2))::date`,
          [hours, days],
        ),
      );
    expect(await setToday(0, 0)).toBeNull();
    expect(await setToday(14, 0)).toBeNull();
    expect(await setToday(14, 1)).toBe('ck_user_dob');
    expect(await setDob('infinity')).toBe('ck_user_dob');
  });

  it('has a role that exists', async () => {
    expect(
      await refusalOf(db.sql(`INSERT INTO "user" (first_name, role_id) VALUES ('Test', 2000000000)`)),
    ).toBe('fk_user_role');
  });

  it('takes what belongs to them along when they are removed for good', async () => {
    const user = await insertUser(db.sql);
    await add({ type: 'email' }, user);
    await db.sql(`INSERT INTO user_auth (user_id, password_hash) VALUES ($1, '!')`, [user]);
    await db.sql(
      `INSERT INTO password_reset (user_id, identity_id, purpose, token_hash, expires_at)
       VALUES ($1, 1, 'invitation', '\\x00', now())`,
      [user],
    );
    await db.sql('DELETE FROM "user" WHERE id = $1', [user]);
    const left = await db.sql(
      `SELECT 1 FROM user_identity WHERE user_id = $1 UNION ALL SELECT 1 FROM user_auth WHERE user_id = $1
       UNION ALL SELECT 1 FROM password_reset WHERE user_id = $1`,
      [user],
    );
    expect(left).toEqual([]);
  });
});

describe('a username', () => {
  const give = async (username: string | null, user?: number) =>
    refusalOf(
      db.sql(`INSERT INTO user_auth (user_id, username, password_hash) VALUES ($1, $2, '!')`, [
        user ?? (await insertUser(db.sql)),
        username,
      ]),
    );

  it('S15: cannot be mistaken for an e-mail address or a mobile number', async () => {
    for (const username of [
      'ada@example.com',
      '@ada',
      'ada@',
      '+4915123456789',
      'ada+x',
      '4915123456789',
      '0',
      '1ada',
      'Ada.Lovelace',
    ])
      expect([username, await give(username)]).toEqual([username, 'ck_user_auth_username']);
    for (const username of ['ada', 'ada.lovelace', 'a-1', 'ada_2'])
      expect([username, await give(username)]).toEqual([username, null]);
  });

  it('is unique; nobody needs one', async () => {
    expect(await give('grace')).toBeNull();
    expect(await give('grace')).toBe('ux_user_auth_username');
    expect(await give(null)).toBeNull();
    expect(await give(null)).toBeNull();
  });

  it('is free again once its user is deleted', async () => {
    const user = await insertUser(db.sql);
    expect(await give('hopper', user)).toBeNull();
    await db.sql('UPDATE user_auth SET deleted_at = now() WHERE user_id = $1', [user]);
    expect(await give('hopper')).toBeNull();
  });

  it('belongs to credentials of which a user has one', async () => {
    const user = await insertUser(db.sql);
    expect(await give('once', user)).toBeNull();
    expect(await give('twice', user)).toBe('ux_user_auth_user');
    expect(await refusalOf(db.sql('UPDATE user_auth SET wrong_password_count = -1'))).toBe(
      'ck_user_auth_wrong_password_count',
    );
  });
});

describe('a name', () => {
  it('of a role is unique by its key, of a privilege as it is', async () => {
    const insert = (table: string, name: string) =>
      refusalOf(
        table === 'role'
          ? db.sql('INSERT INTO role (name, name_key) VALUES ($1, $2)', [name, canonicalName(name)])
          : db.sql(`INSERT INTO ${table} (name) VALUES ($1)`, [name]),
      );
    expect(await insert('role', 'superadmin')).toBe('ux_role_name');
    expect(await insert('role', 'Reporter')).toBeNull();
    expect(await insert('role', 'REPORTER')).toBe('ux_role_name');
    await db.sql(`UPDATE role SET deleted_at = now() WHERE name = 'Reporter'`);
    expect(await insert('role', 'reporter')).toBeNull();
    expect(await insert('privilege', 'reports.read')).toBeNull();
    expect(await insert('privilege', 'reports.read')).toBe('ux_privilege_name');
    await db.sql(`UPDATE privilege SET deleted_at = now() WHERE name = 'reports.read'`);
    expect(await insert('privilege', 'reports.read')).toBeNull();
  });

  it('of a grant is its role and privilege: a role holds a privilege once', async () => {
    const grant = () =>
      refusalOf(
        db.sql(`INSERT INTO role_privilege (role_id, privilege_id)
          SELECT r.id, p.id FROM role r, privilege p WHERE r.name = 'User' AND p.name = 'users.read'`),
      );
    expect(await grant()).toBeNull();
    expect(await grant()).toBe('ux_role_privilege');
    await db.sql(`UPDATE role_privilege SET deleted_at = now()`);
    expect(await grant()).toBeNull();
  });
});

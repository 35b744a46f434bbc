import { SessionsRepository } from '../../src/auth/sessions/sessions.repository.js';
import type { Jobs } from '../../src/platform/jobs/jobs.js';
import { Privilege } from '../../src/privileges/privilege.entity.js';
import { PRIVILEGE_SORT_FIELDS } from '../../src/privileges/list-privileges.query.js';
import { PrivilegesRepository } from '../../src/privileges/privileges.repository.js';
import { Role } from '../../src/roles/role.entity.js';
import { ROLE_SORT_FIELDS } from '../../src/roles/list-roles.query.js';
import { RolesRepository } from '../../src/roles/roles.repository.js';
import { IdentitiesRepository } from '../../src/users/identities/identities.repository.js';
import { ContactsRepository } from '../../src/users/identities/contacts.repository.js';
import { USER_SORT_FIELDS } from '../../src/users/list-users.query.js';
import { User } from '../../src/users/user.entity.js';
import { UsersConfig } from '../../src/users/users.config.js';
import { type UserFilters, UsersRepository } from '../../src/users/users.repository.js';
import { DeliveriesRepository } from '../../src/webhooks/deliveries.repository.js';
import { type DeliveryState, WebhookDelivery } from '../../src/webhooks/webhook-delivery.entity.js';
import { DELIVERY_SORT_FIELDS, WEBHOOK_SORT_FIELDS } from '../../src/webhooks/list-webhooks.query.js';
import { Webhook } from '../../src/webhooks/webhook.entity.js';
import { WebhooksRepository } from '../../src/webhooks/webhooks.repository.js';
import { type Fixture, openFixture, roleId } from './fixture.js';
import { A_PAGE, faultsOf, LIMIT, type ListCase, planOf, sentBy } from './plans.js';

/** Rows of the largest set a filter selects here but for those that leave most rows in. */
const A_SET = 2_000;
/** Users who are deleted here and can be restored: fewer than there are deleted addresses. */
const THE_DELETED = 950;

let db: Fixture;
let few: number;
let most: number;

/**
 * What a filter selects lies together in the middle: whoever walks past the other rows meets half of the table before.
 * So it is in life: whoever was disabled at once, whoever came with one import.
 */
async function fill(): Promise<void> {
  await db.sql('SET session_replication_role = replica');
  for (const statement of [
    `INSERT INTO privilege (name) SELECT 'plan.' || n FROM generate_series(1, 20000) n`,
    `INSERT INTO role (name, name_key) SELECT 'Plan ' || n, 'plan ' || n FROM generate_series(1, 20000) n`,
    `INSERT INTO "user" (first_name, role_id, is_active, created_at, deleted_at, purged_at)
     SELECT 'Plan', id, n NOT BETWEEN 40001 AND 41000, at, CASE WHEN n BETWEEN 60001 AND 61000 THEN at END,
       CASE WHEN n BETWEEN 60901 AND 61000 THEN at END
     FROM generate_series(1, 100000) n
     JOIN role ON role.name = CASE WHEN n BETWEEN 20001 AND 22000 THEN 'Plan 1' ELSE 'User' END
     CROSS JOIN LATERAL (SELECT '2026-01-01Z'::timestamptz + n * interval '1 second' AS at) made ORDER BY n`,
    `INSERT INTO user_identity (user_id, type, value, is_primary, is_verified, deleted_at)
     SELECT id, 'email', 'plan' || id || '@example.com', true, true, deleted_at FROM "user"`,
    `INSERT INTO session (user_id, idle_expires_at, expires_at)
     SELECT CASE WHEN n BETWEEN 50001 AND 50100 THEN 50001 ELSE n END, now() + interval '1 day', now() + interval '1 day'
     FROM generate_series(1, 100000) n`,
    `INSERT INTO webhook (url, event_types, sealed_secret)
     SELECT 'https://example.com/' || n, '{*}', '' FROM generate_series(1, 20000) n`,
    `INSERT INTO webhook_delivery (webhook_id, event_id, event_type, event, state)
     SELECT CASE WHEN n BETWEEN 30001 AND 40000 THEN 2 ELSE 1 END, gen_random_uuid(), 'user.created', '{}',
       (CASE WHEN n BETWEEN 50001 AND 51000 THEN 'failed' WHEN n BETWEEN 70001 AND 71000 THEN 'pending' ELSE 'succeeded' END)::webhook_delivery_state
     FROM generate_series(1, 100000) n`,
    // Of every row, not of some by chance: the plans are the same each time.
    'SET default_statistics_target = 1000',
    'VACUUM ANALYZE',
  ])
    await db.sql(statement);
  await db.sql('SET session_replication_role = DEFAULT');
}

beforeAll(async () => {
  db = await openFixture('plans');
  await fill();
  few = await roleId(db.sql, 'Plan 1');
  most = await roleId(db.sql);
});
afterAll(() => db.close());

const users = (filters: UserFilters, reads = A_PAGE): ListCase => ({
  list: (request) => new UsersRepository(db.dataSource.getRepository(User)).list(request, filters),
  fields: USER_SORT_FIELDS,
  reads,
});

const deliveries = (webhookId: number, state?: DeliveryState): ListCase => ({
  list: (request) =>
    new DeliveriesRepository(db.dataSource.getRepository(WebhookDelivery)).list(webhookId, state, request),
  fields: DELIVERY_SORT_FIELDS,
  reads: A_PAGE,
});

describe('a list of 100,000 rows reads no more than it shows', () => {
  it.each<[string, () => ListCase]>([
    ['users', () => users({})],
    ['active users', () => users({ isActive: true })],
    ['disabled users', () => users({ isActive: false })],
    ['users of a role that few have', () => users({ roleId: few })],
    ['users of a role that most have', () => users({ roleId: most })],
    ['deleted users', () => users({ deleted: true })],
    ['the user with an e-mail address', () => users({ email: 'plan5@example.com' })],
    ['the user with a mobile number', () => users({ mobile: '+491701234567' })],
    [
      'the deleted user with an e-mail address',
      () => users({ deleted: true, email: 'plan60500@example.com' }, THE_DELETED),
    ],
    [
      'roles',
      () => ({
        list: (request) => new RolesRepository(db.dataSource.getRepository(Role)).list(request),
        fields: ROLE_SORT_FIELDS,
        reads: A_PAGE,
      }),
    ],
    [
      'privileges',
      () => ({
        list: (request) => new PrivilegesRepository(db.dataSource.getRepository(Privilege)).list(request),
        fields: PRIVILEGE_SORT_FIELDS,
        reads: A_PAGE,
      }),
    ],
    [
      'webhooks',
      () => ({
        list: (request) => new WebhooksRepository(db.dataSource.getRepository(Webhook)).list(request),
        fields: WEBHOOK_SORT_FIELDS,
        reads: A_PAGE,
      }),
    ],
    ['deliveries of a webhook that gets most', () => deliveries(1)],
    ['deliveries of a webhook that gets few', () => deliveries(2)],
    ['pending deliveries', () => deliveries(1, 'pending')],
    ['failed deliveries', () => deliveries(1, 'failed')],
    ['deliveries that succeeded', () => deliveries(1, 'succeeded')],
    ['failed deliveries of a webhook without any', () => deliveries(2, 'failed')],
  ])('%s', async (_, made) => {
    expect(await faultsOf(db, made())).toEqual([]);
  });

  it.each<[string, () => UserFilters]>([
    ['disabled users of a role that few have', () => ({ roleId: few, isActive: false })],
    ['active users of a role that few have', () => ({ roleId: few, isActive: true })],
    ['disabled users of a role that most have', () => ({ roleId: most, isActive: false })],
    ['deleted users of a role', () => ({ deleted: true, roleId: few })],
    ['deleted users who were disabled', () => ({ deleted: true, isActive: false })],
  ])('or, by two filters at once, than one of them selects: %s', async (_, filters) => {
    expect(await faultsOf(db, users(filters(), A_SET))).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the sessions of a user', () => new SessionsRepository(db.dataSource).listLive(50_001)],
    ['what a user is known by', () => new ContactsRepository(db.dataSource).list(50_001)],
    [
      'the contacts of a page of users',
      () => {
        const page = Array.from({ length: LIMIT }, (_, index) => 1 + index * 4_000);
        const identities = new IdentitiesRepository(db.dataSource, {} as Jobs, db.config.get(UsersConfig));
        return identities.primaryContacts(page);
      },
    ],
  ])('%s', async (_, work) => {
    for (const statement of await sentBy(db, work)) {
      const { read, whole } = await planOf(db.sql, statement);
      expect({ read: read <= A_PAGE, whole }).toEqual({ read: true, whole: [] });
    }
  });

  it.each([
    ['ix_user_active', () => users({ isActive: false })],
    ['ix_user_active_created_at', () => users({ isActive: false })],
    ['ix_user_role', () => users({ roleId: few })],
    ['ix_user_role_created_at', () => users({ roleId: few })],
    ['ix_user_deleted', () => users({ deleted: true })],
    ['ix_user_deleted_created_at', () => users({ deleted: true })],
    [
      'ix_user_identity_deleted_value',
      () => users({ deleted: true, email: 'plan60500@example.com' }, THE_DELETED),
    ],
    ['ix_webhook_delivery_webhook', () => deliveries(2)],
    ['ix_webhook_delivery_state', () => deliveries(1, 'failed')],
  ])('by a check that would see that %s is missing', async (index, made) => {
    const [definition] = await db.sql<{ sql: string }>(`SELECT pg_get_indexdef('${index}'::regclass) AS sql`);
    await db.sql(`DROP INDEX ${index}`);
    const faults = await faultsOf(db, made());
    await db.sql(definition?.sql ?? '');
    expect(faults).not.toEqual([]);
  });
});

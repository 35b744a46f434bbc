import { faker } from '@faker-js/faker';
import type { DataSource } from 'typeorm';
import type { Config } from '../src/platform/config/config.js';
import { PasswordHasher } from '../src/platform/security/password-hasher.js';

const COUNT = 200;
/** All demo users share it; the hash is made once. */
export const DEMO_PASSWORD = 'demo password, not secret';

/**
 * Makes 200 believable users for development, the same ones every time; running it again adds nothing. They share a published
 * password: never in production, which is for the caller to see to. Answers how many were added.
 */
export async function seedDemoUsers(dataSource: DataSource, config: Config): Promise<number> {
  const hash = await PasswordHasher.of(config).hash(DEMO_PASSWORD);
  // One statement: a person whose address is there already is left out whole.
  const [added] = await dataSource.query<[{ count: number }]>(
    `WITH person AS MATERIALIZED (
       SELECT nextval(pg_get_serial_sequence('"user"', 'id'))::int AS id, p.*
       FROM jsonb_to_recordset($1::jsonb) AS p (first_name text, last_name text, job_title text, gender user_gender,
         dob date, is_active boolean, role text, email text)
       WHERE NOT EXISTS (SELECT 1 FROM user_identity i WHERE i.type = 'email' AND i.value = p.email AND i.deleted_at IS NULL)
     ), new_user AS (
       INSERT INTO "user" (id, first_name, last_name, job_title, gender, dob, is_active, role_id)
       SELECT p.id, p.first_name, p.last_name, p.job_title, p.gender, p.dob, p.is_active, r.id
       FROM person p JOIN role r ON r.name = p.role AND r.deleted_at IS NULL RETURNING id
     ), new_identity AS (
       INSERT INTO user_identity (user_id, type, value, is_verified, is_primary)
       SELECT id, 'email', email, true, true FROM person
     ), new_auth AS (
       INSERT INTO user_auth (user_id, password_hash) SELECT id, $2 FROM person
     )
     SELECT count(*)::int AS count FROM new_user`,
    [JSON.stringify(people()), hash],
  );
  return added.count;
}

function people() {
  faker.seed(20_260_101);
  return Array.from({ length: COUNT }, (_, index) => {
    const gender = faker.helpers.arrayElement(['female', 'male'] as const);
    const firstName = faker.person.firstName(gender);
    const lastName = faker.person.lastName();
    const local = `${firstName}.${lastName}`
      .normalize('NFD')
      .replace(/[^a-z.]/gi, '')
      .toLowerCase();
    return {
      first_name: firstName,
      last_name: lastName,
      job_title: faker.person.jobTitle(),
      gender,
      dob: faker.date
        .birthdate({ min: 18, max: 67, mode: 'age', refDate: '2026-01-01' })
        .toISOString()
        .slice(0, 10),
      is_active: index % 20 !== 19,
      role: index % 25 === 0 ? 'Admin' : index % 5 === 0 ? 'Staff' : 'User',
      email: `${local}.${index + 1}@example.com`,
    };
  });
}

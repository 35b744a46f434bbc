import type { Config } from '../../src/platform/config/config.js';
import { PasswordHasher } from '../../src/platform/security/password-hasher.js';
import type { Api } from './api.js';
import type { Sql } from './stored-data.js';

export const PASSWORD = 'correct horse battery staple';

export interface TestUser {
  readonly id: number;
  readonly email: string;
  readonly token: string;
  readonly roleId: number;
}

/** Of the whole test file: several instances may share a database. */
let count = 0;

/** Makes what a test needs. Everything has a name of its own; sign-in goes through the real login. */
export class Factory {
  private readonly hash: Promise<string>;

  constructor(
    private readonly api: Api,
    private readonly sql: Sql,
    config: Config,
  ) {
    this.hash = PasswordHasher.of(config).hash(PASSWORD);
  }

  unique(prefix: string): string {
    count += 1;
    return `${prefix}-${process.env.JEST_WORKER_ID ?? '1'}-${count}`;
  }

  email(): string {
    return `${this.unique('user')}@example.com`;
  }

  async roleId(name: string): Promise<number> {
    const [row] = await this.sql<{ id: number }>(
      'SELECT id FROM role WHERE name = $1 AND deleted_at IS NULL',
      [name],
    );
    if (!row) throw new Error(`There is no role ${name}`);
    return row.id;
  }

  /** A role that holds exactly these privileges. */
  async role(...privileges: string[]): Promise<number> {
    const [role] = await this.sql<{ id: number }>(
      'INSERT INTO role (name, name_key) VALUES ($1, $2) RETURNING id',
      Array(2).fill(this.unique('role')),
    );
    await this.sql(
      `INSERT INTO role_privilege (role_id, privilege_id)
       SELECT $1, id FROM privilege WHERE name = ANY($2::text[]) AND deleted_at IS NULL`,
      [role?.id, privileges],
    );
    return role?.id ?? 0;
  }

  /** An active user with a verified e-mail address and {@link PASSWORD}, signed in. */
  async user(
    options: { roleId?: number; role?: string; signIn?: boolean; username?: string } = {},
  ): Promise<TestUser> {
    const roleId = options.roleId ?? (await this.roleId(options.role ?? 'User'));
    const email = this.email();
    const [user] = await this.sql<{ id: number }>(
      `INSERT INTO "user" (first_name, role_id) VALUES ('Test', $1) RETURNING id`,
      [roleId],
    );
    const id = user?.id ?? 0;
    await this.sql(
      `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary) VALUES ($1, 'email', $2, true, true)`,
      [id, email],
    );
    await this.sql('INSERT INTO user_auth (user_id, username, password_hash) VALUES ($1, $2, $3)', [
      id,
      options.username?.toLowerCase() ?? null,
      await this.hash,
    ]);
    return { id, email, roleId, token: options.signIn === false ? '' : await this.signIn(email) };
  }

  /** A signed-in user whose role holds exactly these privileges. */
  async userWith(...privileges: string[]): Promise<TestUser> {
    return this.user({ roleId: await this.role(...privileges) });
  }

  /** A signed-in user whose role holds every privilege there is, except these. */
  async userWithAllBut(...lacking: string[]): Promise<TestUser> {
    const rows = await this.sql<{ name: string }>('SELECT name FROM privilege WHERE deleted_at IS NULL');
    return this.userWith(...rows.map((row) => row.name).filter((name) => !lacking.includes(name)));
  }

  superAdmin(): Promise<TestUser> {
    return this.user({ role: 'SuperAdmin' });
  }

  async signIn(username: string, password = PASSWORD): Promise<string> {
    const response = await this.api.post<{ access_token: string }>('/auth/login', {
      body: { username, password },
    });
    if (response.status !== 200)
      throw new Error(`Login of ${username} answered ${response.status}: ${response.text}`);
    return response.body.access_token;
  }
}

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { gathered } from '../../common/gathered.js';
import { queryPrepared } from '../../platform/database/prepared.js';
import { EffectivePrivilegesService } from '../../roles/effective-privileges.service.js';
import { type IdVersion, PrincipalReader, type SessionPrincipal } from './principal-reader.js';

interface PrincipalRow {
  /** Which of the questions this answers, from 1. */
  readonly question: number;
  readonly roleId: number;
  readonly userVersion: number;
  readonly roleVersion: number;
  /** Seconds since the user last proved who they are, by the clock of the database. */
  readonly age: number;
  /** Seconds until the session ends by itself. */
  readonly endsIn: number;
}

interface Question {
  readonly userId: number;
  readonly sessionId: number;
}

/**
 * Where sessions and users share one database, both are read by one prepared statement: it is what every request
 * costs without Redis. The only place that joins the two (docs/decisions/0008).
 */
@Injectable()
export class LocalPrincipalReader implements PrincipalReader {
  private readonly readRow = gathered((questions: readonly Question[]) => this.readRows(questions));

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly privileges: EffectivePrivilegesService,
  ) {}

  async read(userId: number, sessionId: number): Promise<SessionPrincipal | null> {
    const startedAt = performance.now();
    const row = await this.readRow({ userId, sessionId });
    if (!row) return null;
    const { roleId, userVersion, roleVersion, age, endsIn } = row;
    return {
      userId,
      roleId,
      userVersion,
      roleVersion,
      // Not gathered: a role that has to be read anew keeps those of other roles from nothing.
      privileges: await this.privileges.of(roleId, roleVersion),
      signedInAt: startedAt - age * 1000,
      endsAt: startedAt + endsIn * 1000,
    };
  }

  private async readRows(questions: readonly Question[]): Promise<(PrincipalRow | null)[]> {
    const rows = await queryPrepared<PrincipalRow>(
      this.dataSource,
      'read-principals',
      `SELECT asked.question::int, u.role_id AS "roleId", u.auth_version AS "userVersion", r.version AS "roleVersion",
              extract(epoch FROM now() - coalesce(s.auth_time, s.created_at))::float8 AS "age",
              extract(epoch FROM least(s.idle_expires_at, s.expires_at) - now())::float8 AS "endsIn"
       FROM unnest($1::bigint[], $2::int[]) WITH ORDINALITY AS asked (session_id, user_id, question)
       JOIN session s ON s.id = asked.session_id AND s.user_id = asked.user_id AND s.revoked_at IS NULL
         AND s.idle_expires_at > now() AND s.expires_at > now()
       JOIN "user" u ON u.id = s.user_id AND u.is_active AND u.deleted_at IS NULL
       JOIN role r ON r.id = u.role_id AND r.deleted_at IS NULL`,
      [questions.map(({ sessionId }) => sessionId), questions.map(({ userId }) => userId)],
    );
    const answers = new Map(rows.map((row) => [row.question, row]));
    return questions.map((_, index) => answers.get(index + 1) ?? null);
  }

  userVersions(ids: readonly number[]): Promise<IdVersion[]> {
    return this.dataSource.query<IdVersion[]>(
      'SELECT id, auth_version AS version FROM "user" WHERE id = ANY($1)',
      [ids],
    );
  }

  roleVersions(ids: readonly number[]): Promise<IdVersion[]> {
    return this.dataSource.query<IdVersion[]>('SELECT id, version FROM role WHERE id = ANY($1)', [ids]);
  }

  roleVersionsOf(privilegeIds: readonly number[]): Promise<IdVersion[]> {
    return this.privileges.versionsOfHolders(privilegeIds);
  }
}

/** A user who may act in a session, with what they may do and the versions that holds for. */
export interface SessionPrincipal {
  readonly userId: number;
  readonly roleId: number;
  readonly privileges: ReadonlySet<string>;
  readonly userVersion: number;
  readonly roleVersion: number;
  /** When the user last proved who they are in the session, on the clock of `performance.now()`. */
  readonly signedInAt: number;
  /** When the session ends by itself, on the same clock. */
  readonly endsAt: number;
}

export interface IdVersion {
  readonly id: number;
  readonly version: number;
}

/** Reads the truth. One read per request where nothing remembers the last one. */
export abstract class PrincipalReader {
  /** Null when the session is not live or not of this user, or the user may not act. */
  abstract read(userId: number, sessionId: number): Promise<SessionPrincipal | null>;
  /** Of those there are, in one read however many are asked for; so the others. */
  abstract userVersions(ids: readonly number[]): Promise<readonly IdVersion[]>;
  abstract roleVersions(ids: readonly number[]): Promise<readonly IdVersion[]>;
  /** The versions of the roles that hold, or held until they were deleted, one of these privileges. */
  abstract roleVersionsOf(privilegeIds: readonly number[]): Promise<readonly IdVersion[]>;
}

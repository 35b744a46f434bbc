import { Injectable } from '@nestjs/common';
import { BoundedMap } from '../../common/bounded-map.js';
import { VersionStore } from '../../platform/redis/version-store.js';
import { PrincipalReader, type SessionPrincipal } from './principal-reader.js';
import { LIVE_SESSION, roleKey, sessionKey, userKey } from './version-keys.js';

const KEPT = 50_000;
/** What took longer than this to read is not published: a newer version may have come and gone meanwhile. */
const PUBLISH_WITHIN = 1_000;

/** A principal with the time of the sign-in on the clock of `performance.now()`, on which it can be remembered. */
export interface CurrentPrincipal extends SessionPrincipal {
  readonly signedInAt: number;
}

interface Known {
  readonly principal: CurrentPrincipal;
  /** On the clock of `performance.now()`. */
  readonly endsAt: number;
}

/**
 * Who may act in a session at this moment. Without Redis, Postgres is read every time. With Redis, a principal is
 * kept in process and used again only while Redis holds exactly the versions it was read under: whoever changes
 * something publishes the new version before the change is answered, so there is no window in which an old one counts.
 */
@Injectable()
export class CurrentPrincipals {
  private readonly known = new BoundedMap<number, Known>(KEPT);

  constructor(
    private readonly reader: PrincipalReader,
    private readonly versions: VersionStore,
  ) {}

  async find(userId: number, sessionId: number): Promise<CurrentPrincipal | null> {
    if (!this.versions.isShared) return this.read(userId, sessionId);
    const known = this.known.get(sessionId);
    const keys = [userKey(userId), sessionKey(sessionId)];
    if (known) keys.push(roleKey(known.principal.roleId));
    const snapshot = await this.versions.read(keys);
    if (known && snapshot && isCurrent(known, userId, snapshot.versions)) return known.principal;
    return this.readAndShare(userId, sessionId, snapshot?.epoch ?? null);
  }

  private async readAndShare(
    userId: number,
    sessionId: number,
    epoch: string | null,
  ): Promise<CurrentPrincipal | null> {
    const startedAt = performance.now();
    const principal = await this.read(userId, sessionId);
    if (!principal) {
      this.known.delete(sessionId);
      return null;
    }
    this.known.set(sessionId, { principal, endsAt: startedAt + principal.endsIn * 1000 });
    if (epoch !== null && performance.now() - startedAt < PUBLISH_WITHIN) {
      // Not waited for: if it fails, the next request reads again.
      void this.versions.publish(
        [
          { key: userKey(userId), version: principal.userVersion },
          { key: sessionKey(sessionId), version: LIVE_SESSION },
          { key: roleKey(principal.roleId), version: principal.roleVersion },
        ],
        epoch,
      );
    }
    return principal;
  }

  private async read(userId: number, sessionId: number): Promise<CurrentPrincipal | null> {
    const startedAt = performance.now();
    const principal = await this.reader.read(userId, sessionId);
    return principal && { ...principal, signedInAt: startedAt - principal.age * 1000 };
  }
}

function isCurrent(known: Known, userId: number, [user, session, role]: readonly (number | null)[]): boolean {
  const { principal, endsAt } = known;
  return (
    principal.userId === userId &&
    user === principal.userVersion &&
    session === LIVE_SESSION &&
    role === principal.roleVersion &&
    performance.now() < endsAt
  );
}

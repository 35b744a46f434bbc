import { Injectable } from '@nestjs/common';
import { BoundedMap } from '../../common/bounded-map.js';
import { cacheCounts } from '../../platform/metrics/cache.metrics.js';
import { VersionStore } from '../../platform/redis/version-store.js';
import { PrincipalReader, type SessionPrincipal } from './principal-reader.js';
import { LIVE_SESSION, roleKey, sessionKey, userKey } from './version-keys.js';

const KEPT = 50_000;
const cache = cacheCounts('principals');
/** What took longer than this to read is not published: a newer version may have come and gone meanwhile. */
const PUBLISH_WITHIN = 1_000;

/**
 * Who may act in a session at this moment. Without Redis, Postgres is read every time. With Redis, a principal is
 * kept in process and used again only while Redis holds exactly the versions it was read under: whoever changes
 * something publishes the new version before the change is answered, so there is no window in which an old one counts.
 */
@Injectable()
export class CurrentPrincipalsService {
  private readonly known = new BoundedMap<number, SessionPrincipal>(KEPT);

  constructor(
    private readonly reader: PrincipalReader,
    private readonly versions: VersionStore,
  ) {}

  async find(userId: number, sessionId: number): Promise<SessionPrincipal | null> {
    if (!this.versions.isShared) return this.reader.read(userId, sessionId);
    const known = this.known.get(sessionId);
    const keys = [userKey(userId), sessionKey(sessionId)];
    if (known) keys.push(roleKey(known.roleId));
    const snapshot = await this.versions.read(keys);
    if (known && snapshot && isCurrent(known, userId, snapshot.versions)) {
      cache.hits.inc();
      return known;
    }
    cache.misses.inc();
    return this.readAndShare(userId, sessionId, snapshot?.epoch ?? null);
  }

  private async readAndShare(
    userId: number,
    sessionId: number,
    epoch: string | null,
  ): Promise<SessionPrincipal | null> {
    const startedAt = performance.now();
    const principal = await this.reader.read(userId, sessionId);
    if (!principal) {
      this.known.delete(sessionId);
      return null;
    }
    this.known.set(sessionId, principal);
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
}

function isCurrent(
  known: SessionPrincipal,
  userId: number,
  [user, session, role]: readonly (number | null)[],
): boolean {
  return (
    known.userId === userId &&
    user === known.userVersion &&
    session === LIVE_SESSION &&
    role === known.roleVersion &&
    performance.now() < known.endsAt
  );
}

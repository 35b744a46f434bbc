import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '../platform/config/config.js';
import { Schedule } from '../platform/jobs/schedule.js';
import { ThrottleRepository } from './lockout/throttle.repository.js';
import { SessionsRepository } from './sessions/sessions.repository.js';

const EVERY = 5 * 60_000;
/** Seconds an ended session is kept: until then the reuse of one of its tokens is still seen as what it is. */
const KEEP_ENDED = 7 * 86_400;
const KEEP_COUNTS = 86_400;
/** A session may take thousands of refresh tokens with it. */
const SESSIONS_AT_ONCE = 20;
const ROWS_AT_ONCE = 1_000;

/** Removes rows nobody needs any more, in small batches; rows another instance is removing are left to it. */
@Injectable()
export class CleanUp implements OnModuleInit {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly throttle: ThrottleRepository,
    private readonly schedule: Schedule,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    // Each by itself: one that fails keeps no other from its turn.
    this.schedule.every(EVERY, 'The clean-up of sessions', () => this.removeSessions());
    this.schedule.every(EVERY, 'The clean-up of refresh tokens', () => this.removeSeals());
    this.schedule.every(EVERY, 'The clean-up of counts', () => this.removeCounts());
  }

  /** Answers how many were removed, as do the others. */
  removeSessions(): Promise<number> {
    return untilDone(SESSIONS_AT_ONCE, (batch) => this.sessions.removeEnded(KEEP_ENDED, batch));
  }

  removeSeals(): Promise<number> {
    const { refreshGrace } = this.config.sessions;
    return untilDone(ROWS_AT_ONCE, (batch) => this.sessions.removeSeals(refreshGrace, batch));
  }

  removeCounts(): Promise<number> {
    return untilDone(ROWS_AT_ONCE, (batch) => this.throttle.removeOld(KEEP_COUNTS, batch));
  }
}

async function untilDone(batch: number, remove: (batch: number) => Promise<number>): Promise<number> {
  for (let total = 0; ;) {
    const removed = await remove(batch);
    total += removed;
    if (removed < batch) return total;
  }
}

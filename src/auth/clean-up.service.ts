import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '../platform/config/config.js';
import { untilDone } from '../platform/database/until-done.js';
import { defineJob } from '../platform/jobs/job.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { ThrottleRepository } from '../platform/throttle/throttle.repository.js';
import { RegistrationRepository } from './registration/registration.repository.js';
import { OAuthFlowsRepository } from './oauth/oauth-flows.repository.js';
import { SessionsRepository } from './sessions/sessions.repository.js';

const EVERY = 5 * 60_000;
/** Seconds an ended session is kept: until then the reuse of one of its tokens is still seen as what it is. */
const KEEP_ENDED = 7 * 86_400;
const KEEP_COUNTS = 86_400;
/** By then no code of theirs has been good for a long time. */
const KEEP_REGISTRATIONS = 86_400;
/** A session may take thousands of refresh tokens with it. */
const SESSIONS_AT_ONCE = 20;
const ROWS_AT_ONCE = 1_000;

const cleanUp = (rows: string) => defineJob<object>(`auth.clean_up_${rows}`, 'maintenance');

/** Removes rows nobody needs any more, in small batches; rows another instance is removing are left to it. */
@Injectable()
export class CleanUp implements OnModuleInit {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly throttle: ThrottleRepository,
    private readonly registrations: RegistrationRepository,
    private readonly flows: OAuthFlowsRepository,
    private readonly jobs: Jobs,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    // Each by itself: one that fails keeps no other from its turn.
    this.jobs.every(EVERY, cleanUp('sessions'), () => this.removeSessions());
    this.jobs.every(EVERY, cleanUp('refresh_tokens'), () => this.removeSeals());
    this.jobs.every(EVERY, cleanUp('registrations'), () => this.removeRegistrations());
    this.jobs.every(EVERY, cleanUp('counts'), () => this.removeCounts());
    this.jobs.every(EVERY, cleanUp('oauth_flows'), () => this.removeFlows());
  }

  /** Answers how many were removed, as do the others. */
  removeSessions(): Promise<number> {
    return untilDone(SESSIONS_AT_ONCE, (batch) => this.sessions.removeEnded(KEEP_ENDED, batch));
  }

  removeSeals(): Promise<number> {
    const { refreshGrace } = this.config.sessions;
    return untilDone(ROWS_AT_ONCE, (batch) => this.sessions.removeSeals(refreshGrace, batch));
  }

  removeRegistrations(): Promise<number> {
    return untilDone(ROWS_AT_ONCE, (batch) => this.registrations.removeOld(KEEP_REGISTRATIONS, batch));
  }

  removeFlows(): Promise<number> {
    return untilDone(ROWS_AT_ONCE, (batch) => this.flows.removeExpired(batch));
  }

  removeCounts(): Promise<number> {
    return untilDone(ROWS_AT_ONCE, (batch) => this.throttle.removeOld(KEEP_COUNTS, batch));
  }
}

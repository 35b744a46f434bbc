import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { PasswordHasher } from '../../platform/security/password-hasher.js';
import { Overloaded } from '../../platform/security/security.errors.js';
import { ThrottleRepository, type ThrottleRule } from '../../platform/throttle/throttle.repository.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { LockoutConfig } from './lockout.config.js';
import { InvalidCredentials, TooManyAttempts } from './lockout.errors.js';
import { PasswordFailuresService } from './password-failures.service.js';

/**
 * The password of somebody signed in, asked for again. What they get wrong is counted apart from sign-ins: neither do
 * strangers keep the owner from a new password, nor does a stolen session pause the sign-in.
 */
@Injectable()
export class OwnPasswordService {
  private readonly rule: ThrottleRule;

  constructor(
    private readonly throttle: ThrottleRepository,
    private readonly credentials: CredentialsRepository,
    private readonly hasher: PasswordHasher,
    private readonly failures: PasswordFailuresService,
    config: LockoutConfig,
  ) {
    this.rule = { name: 'own password', limit: config.limit, window: 900, lock: 900 };
  }

  /** Answers the hash it was right by, of this moment. @throws InvalidCredentials, TooManyAttempts, Overloaded */
  async prove(password: string, actor: Actor): Promise<string> {
    const { userId } = actor;
    const subject = String(userId);
    if (!(await this.throttle.reserve(this.rule, subject))) {
      throw TooManyAttempts.after(await this.throttle.lockedFor(this.rule, subject));
    }
    const stored = await this.credentials.findPassword(userId);
    // Deleted a moment ago.
    if (!stored) throw new InvalidCredentials();
    if (!(await this.compare(password, stored.passwordHash, subject))) {
      await this.failures.record('auth.password_change', userId, false, actor);
      throw new InvalidCredentials('The current password is wrong.');
    }
    await this.throttle.forget(this.rule, subject);
    return stored.passwordHash;
  }

  /** @throws Overloaded when its turn to be hashed has not come; the attempt does not count then */
  private async compare(password: string, passwordHash: string, subject: string): Promise<boolean> {
    try {
      return await this.hasher.verify(password, passwordHash);
    } catch (error) {
      if (error instanceof Overloaded) await this.throttle.giveBack(this.rule, subject);
      throw error;
    }
  }
}

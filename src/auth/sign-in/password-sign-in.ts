import { Injectable } from '@nestjs/common';
import type { RequestCookies } from '../../platform/http/cookies.js';
import { HashingQueue } from '../../platform/security/hashing-queue.js';
import { PasswordHasher } from '../../platform/security/password-hasher.js';
import { Overloaded } from '../../platform/security/security.errors.js';
import { InvalidCredentials } from '../lockout/lockout.errors.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { type Attempt, LockoutService } from '../lockout/lockout.service.js';
import { IdentifiersService } from './identifiers.service.js';
import { PasswordFailuresService } from '../lockout/password-failures.service.js';
import type { SignInMethod, SignInProof } from './sign-in-method.js';

export interface PasswordInput {
  /** Username, e-mail address or mobile number, as typed. */
  readonly identifier: string;
  readonly password: string;
  readonly cookies: RequestCookies;
}

/** Sign-in with a password. */
@Injectable()
export class PasswordSignIn implements SignInMethod<PasswordInput> {
  readonly name = 'password';

  constructor(
    private readonly identifiers: IdentifiersService,
    private readonly queue: HashingQueue,
    private readonly lockout: LockoutService,
    private readonly hasher: PasswordHasher,
    private readonly credentials: CredentialsRepository,
    private readonly failures: PasswordFailuresService,
  ) {}

  /**
   * The attempt is counted before the password is compared (see {@link LockoutService}). Whoever may not sign in is
   * refused alike, after the same reads, the same hash and the same audit entry.
   * @throws InvalidCredentials, TooManyAttempts, Overloaded
   */
  prove(input: PasswordInput): Promise<SignInProof> {
    return this.queue.admit('sign-in', () => this.attempt(input));
  }

  private async attempt({ identifier, password, cookies }: PasswordInput): Promise<SignInProof> {
    const userId = await this.identifiers.resolve(identifier);
    const attempt = await this.lockout.begin(userId, cookies);
    const { passwordHash } = attempt;
    const isRight = await this.compare(password, userId, attempt);
    if (isRight && userId !== null && passwordHash !== null) {
      const rehash = await this.newHash(password, passwordHash);
      return {
        userId,
        identityId: null,
        method: 'password',
        amr: ['pwd'],
        note: (tx) => this.credentials.noteLogin(tx, userId, passwordHash, rehash),
        accepted: () => this.lockout.succeeded(userId, attempt),
        refused: () => this.refuse(userId, attempt),
      };
    }
    throw await this.refuse(userId, attempt);
  }

  private async refuse(userId: number | null, { isLast }: Attempt): Promise<InvalidCredentials> {
    await this.failures.record('auth.login', userId, isLast);
    return new InvalidCredentials();
  }

  /** @throws Overloaded when its turn to be hashed has not come; the attempt does not count then */
  private async compare(password: string, userId: number | null, attempt: Attempt): Promise<boolean> {
    const { passwordHash } = attempt;
    try {
      if (passwordHash === null) return await this.hasher.pretend(password);
      return await this.hasher.verify(password, passwordHash);
    } catch (error) {
      if (error instanceof Overloaded) await this.lockout.giveBack(userId, attempt);
      throw error;
    }
  }

  /** In place of one that is behind; null when there is none, or no time for it now: the next sign-in has it. */
  private async newHash(password: string, passwordHash: string): Promise<string | null> {
    if (!this.hasher.isBehind(passwordHash)) return null;
    try {
      return await this.hasher.hash(password);
    } catch (error) {
      if (error instanceof Overloaded) return null;
      throw error;
    }
  }
}
